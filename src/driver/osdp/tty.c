#include "driver/osdp/tty.h"

#include <fcntl.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct {
	int64_t baud;
	speed_t speed;
} speeds[] = {
    {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400},
};

static bool find_speed(int64_t baud, speed_t *ret_speed)
{
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		if (speeds[i].baud == baud) {
			*ret_speed = speeds[i].speed;
			return true;
		}
	}
	return false;
}

/* Hand bytes over as they come, where the driver of the port collects them otherwise. Ports that do not know
 * it have nothing to collect. */
static void ask_low_latency(int fd)
{
	struct serial_struct serial;
	if (ioctl(fd, TIOCGSERIAL, &serial) != 0)
		return;
	serial.flags |= (int)ASYNC_LOW_LATENCY;
	ioctl(fd, TIOCSSERIAL, &serial);
}

static int make_raw(int fd, speed_t speed, struct error *error)
{
	struct termios raw;
	if (tcgetattr(fd, &raw) != 0)
		return error_system(error, "not a serial device");
	cfmakeraw(&raw);
	raw.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	raw.c_cflag |= CLOCAL | CREAD;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (cfsetispeed(&raw, speed) != 0 || cfsetospeed(&raw, speed) != 0 || tcsetattr(fd, TCSAFLUSH, &raw) != 0)
		return error_system(error, "setting speed and mode");
	if (ioctl(fd, TIOCEXCL) != 0)
		return error_system(error, "taking the device for ourselves");
	ask_low_latency(fd);
	return 0;
}

int tty_open(const char *device, int64_t baud, struct error *error)
{
	speed_t speed;
	if (!find_speed(baud, &speed))
		return error_set(error, ERROR_INPUT, "%lld baud is not a speed of OSDP", (long long)baud);
	int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		error_system(error, "opening the line");
		return error_where(error, "%s", device);
	}
	int code = make_raw(fd, speed, error);
	if (code < 0) {
		error_where(error, "%s", device);
		close(fd);
		return code;
	}
	return fd;
}
