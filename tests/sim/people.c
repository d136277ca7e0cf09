#include "sim/people.h"

static const struct {
	const char *login;
	struct str roles[2];
	size_t n_roles;
	unsigned clearance;
	uint64_t person;
} people[PEOPLE] = {
    [PEOPLE_ANA] = {"ana", {{"security_officer", 16}}, 1, 3, 0},
    [PEOPLE_BEN] = {"ben", {{"security_officer", 16}}, 1, 0, 0},
    [PEOPLE_CLEO] = {"cleo", {{"duty_officer", 12}}, 1, 0, 0},
    [PEOPLE_DAN] = {"dan", {{"auditor", 7}}, 1, 0, 0},
    [PEOPLE_EVA] = {"eva", {{"administrator", 13}}, 1, 0, 0},
    [PEOPLE_FINN] = {"finn", {{"guard", 5}}, 1, 2, 0},
    [PEOPLE_GIL] = {"gil", {{"reception", 9}}, 1, 0, 0},
    [PEOPLE_HAL] = {"hal", {{"staff", 5}}, 1, 0, 1},
    [PEOPLE_JO] = {"jo", {{"guard", 5}, {"reception", 9}}, 2, 0, 0},
    [PEOPLE_IDA] = {"ida", {{"", 0}}, 0, 0, 0},
};

const char *people_login(enum people_who who)
{
	return people[who].login;
}

struct hub_person people_person(enum people_who who)
{
	enum { FIRST_UID = 1000 };
	return (struct hub_person){.login = str_of(people[who].login),
				   .uid = FIRST_UID + (uint32_t)who,
				   .roles = people[who].roles,
				   .n_roles = people[who].n_roles,
				   .clearance = people[who].clearance,
				   .person = people[who].person};
}

struct see_viewer people_viewer(enum people_who who)
{
	struct see_viewer viewer = {
	    .clearance = people[who].clearance, .person = people[who].person, .login = str_of(people[who].login)};
	for (size_t i = 0; i < people[who].n_roles; i++)
		viewer.roles |= see_role(people[who].roles[i].at);
	return viewer;
}

uint32_t people_roles(struct str login)
{
	for (size_t i = 0; i < PEOPLE; i++)
		if (str_eq(login, str_of(people[i].login)))
			return people_viewer((enum people_who)i).roles;
	return 0;
}
