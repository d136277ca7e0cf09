/* base.h: the words every file of Chancery may use.
 *
 * ASSERT(c)   cannot be otherwise; stays on in release. Failing is a programmer's error and ends the process.
 * WRONG(why)  a branch that cannot be reached.
 * What the outside can cause is never one of these: it is an error (error.h) or a refusal (schema).
 *
 * Calls that depend on locale, hidden state or unbounded writes do not compile. Their headers are included here first, so
 * that the names are banned after they were declared.
 */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASSERT(c)                                                                                                      \
	do {                                                                                                           \
		if (__builtin_expect(!(c), 0))                                                                         \
			panic(__FILE__, __LINE__, "ASSERT(" #c ")");                                                   \
	} while (0)
#define WRONG(why)     panic(__FILE__, __LINE__, "WRONG: " why)
#define ARRAY_LEN(a)   (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, a) __attribute__((format(printf, fmt, a)))

/* Says where and why on standard error, and what the process was doing (panic_context), then aborts.
 * The keeper restarts a child that ends so. */
_Noreturn void panic(const char *file, int line, const char *why);

/* What the process is doing now, for the panic's message and the crash report: a static string that names a kind of work (an input's name), never what
 * came in; or NULL. */
void panic_context(const char *doing);
const char *panic_doing(void);

#define strcpy(...)    banned_call_strcpy()
#define strcat(...)    banned_call_strcat()
#define sprintf(...)   banned_call_sprintf()
#define vsprintf(...)  banned_call_vsprintf()
#define strtok(...)    banned_call_strtok()
#define localtime(...) banned_call_localtime()
#define gmtime(...)    banned_call_gmtime()
#define rand(...)      banned_call_rand()
#define random(...)    banned_call_random()
#define system(...)    banned_call_system()
#define gets(...)      banned_call_gets()
#define atoi(...)      banned_call_atoi()
#define atol(...)      banned_call_atol()
#define atof(...)      banned_call_atof()

#endif
