#include "base/crash.h"

#include "base/log.h"
#include "base/sandbox.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

enum { STACK_BYTES = 128 << 10 };

#ifdef SANDBOX_SANITIZED
static const int faults[] = {SIGABRT};
#else
static const int faults[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
#endif

struct walk {
	size_t n;
	uintptr_t last; /* frame; a stack that unwinds to the same one again is broken */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* _dl_find_object and the unwinder that rests on it take no lock and no memory. Where a call returns to is one behind the call. */
static _Unwind_Reason_Code tell_frame(struct _Unwind_Context *frame, void *context)
{
	struct walk *walk = context;
	struct dl_find_object found;
	int exact = 0;
	uintptr_t at = _Unwind_GetIPInfo(frame, &exact);
	uintptr_t place = _Unwind_GetCFA(frame);
	if (at == 0 || place == walk->last || walk->n++ == CRASH_FRAMES_MAX)
		return _URC_END_OF_STACK;
	walk->last = place;
	at -= exact ? 0 : 1;
	const char *module = "unknown";
	uintptr_t begin = 0;
	if (_dl_find_object((void *)at, &found) == 0) {
		begin = found.dlfo_link_map->l_addr;
		module = found.dlfo_link_map->l_name[0] ? base_name(found.dlfo_link_map->l_name) : "chancery";
	}
	LOG(crash_frame, .pid = getpid(), .module = module, .offset = (int64_t)(at - begin));
	return _URC_NO_REASON;
}

static void tell(int number)
{
	struct walk walk = {0};
	LOG(crashed, .pid = getpid(), .signal = number, .doing = panic_doing());
	_Unwind_Backtrace(tell_frame, &walk);
	LOG(crash_told, .pid = getpid());
	/* The signal's own action is back (SA_RESETHAND); it comes when this handler returns. */
	syscall(SYS_tgkill, getpid(), gettid(), number);
}

void crash_catch(void)
{
	static uint8_t stack[STACK_BYTES];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = tell, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
	sigfillset(&action.sa_mask);
	int failed = sigaltstack(&other, NULL);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		failed |= sigaction(faults[i], &action, NULL);
	ASSERT(failed == 0);
}
