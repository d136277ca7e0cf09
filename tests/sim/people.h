/* people.h: who operates the simulated mission: a login and roles each, as mission.yaml would have them.
 */
#ifndef TESTS_SIM_PEOPLE_H
#define TESTS_SIM_PEOPLE_H

#include "serve/hub.h"
#include "sim/see.h"

enum people_who {
	PEOPLE_ANA,  /* security officer, cleared for all */
	PEOPLE_BEN,  /* security officer, cleared for nothing */
	PEOPLE_CLEO, /* duty officer */
	PEOPLE_DAN,  /* auditor */
	PEOPLE_EVA,  /* administrator */
	PEOPLE_FINN, /* guard, cleared */
	PEOPLE_GIL,  /* reception */
	PEOPLE_HAL,  /* staff; person 1 */
	PEOPLE_JO,   /* guard and reception */
	PEOPLE_IDA,  /* no role */
	PEOPLE
};

const char *people_login(enum people_who who);
struct hub_person people_person(enum people_who who);
struct see_viewer people_viewer(enum people_who who);

/* The roles of this login; none when nobody is called so. */
uint32_t people_roles(struct str login);

#endif
