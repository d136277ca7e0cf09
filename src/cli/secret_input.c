#include "cli/secret_input.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum { FD_MAX = 1023 };

/* How the terminal was, for whoever interrupts a question. */
static struct termios terminal_before;
static volatile sig_atomic_t terminal_fd = -1;

static void give_back(void)
{
	if (terminal_fd >= 0)
		tcsetattr(terminal_fd, TCSAFLUSH, &terminal_before);
	terminal_fd = -1;
}

static void interrupted(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void hide(int fd)
{
	struct termios hidden;
	if (tcgetattr(fd, &terminal_before) < 0)
		return;
	terminal_fd = fd;
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	hidden = terminal_before;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ECHONL;
	tcsetattr(fd, TCSAFLUSH, &hidden);
}

static void show(void)
{
	give_back();
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

_Noreturn static void refuse(struct secret_input *input, const char *what, const char *remedy)
{
	struct error error;
	secret_input_close(input);
	error_set(&error, ERROR_INPUT, "%s", what);
	error_remedy(&error, "%s", remedy);
	die(EXIT_USAGE, &error);
}

void secret_input_open(struct secret_input *input, const char *fd)
{
	int64_t number = -1;
	*input = (struct secret_input){.fd = -1, .is_terminal = !fd};
	if (fd && (!str_to_i64(str_of(fd), 0, FD_MAX, &number) || fcntl((int)number, F_GETFD) < 0))
		refuse(input, "--fd takes the number of a descriptor that is open", "… --fd 3 3<FILE");
	input->fd = fd ? (int)number : open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (input->fd < 0)
		refuse(input, "there is no terminal to ask at", "Give the lines by a descriptor: … --fd 3 3<FILE");
}

/* A byte at a time: what stands behind the line is the next one's. */
static size_t read_line(struct secret_input *input)
{
	size_t n = 0;
	ssize_t got;
	while ((got = read(input->fd, input->line + n, 1)) == 1 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		if (input->line[n] == '\n')
			return n;
		if (++n > SECRET_LINE_BYTES_MAX)
			refuse(input, "the line is longer than 1024 bytes", "A passphrase or a share is shorter.");
	}
	if (n == 0)
		refuse(input, "a line was expected, and there was none",
		       "Passphrases and shares stand on a line each.");
	return n;
}

struct str secret_input_line(struct secret_input *input, const char *prompt, bool is_shown)
{
	if (input->is_terminal && write(input->fd, prompt, strlen(prompt)) < 0)
		refuse(input, "the terminal has gone away", "Start again.");
	if (input->is_terminal && !is_shown)
		hide(input->fd);
	size_t n = read_line(input);
	show();
	return (struct str){input->line, n};
}

void secret_input_close(struct secret_input *input)
{
	show();
	explicit_bzero(input->line, sizeof input->line);
	if (input->is_terminal && input->fd >= 0)
		close(input->fd);
	input->fd = -1;
}
