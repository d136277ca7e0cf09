#include "serve/core_control.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

bool core_control_take(uint32_t *taken, uint32_t *ret_place, int *ret_fd)
{
	struct keeper_message message;
	struct iovec part = {&message, sizeof message};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr header = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	*ret_fd = -1;
	ssize_t got = recvmsg(KEEPER_CONTROL_FD, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	*taken += got == sizeof message;
	struct cmsghdr *c = got == sizeof message ? CMSG_FIRSTHDR(&header) : NULL;
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return true;
	memcpy(ret_fd, CMSG_DATA(c), sizeof *ret_fd);
	*ret_place = message.driver;
	return true;
}
