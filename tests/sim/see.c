#include "sim/see.h"

#include "sim/peek.h"

const struct see_body *see_body_of(enum see_kind kind, struct str name)
{
	for (size_t i = 0; i < n_see_bodies; i++)
		if (see_bodies[i].kind == kind && str_eq(name, str_of(see_bodies[i].name)))
			return &see_bodies[i];
	return NULL;
}

const struct see_member *see_member_of(const struct see_body *body, struct str name)
{
	for (size_t i = body->first; i < body->first + body->n; i++)
		if (str_eq(name, str_of(see_members[i].name)))
			return &see_members[i];
	return NULL;
}

uint32_t see_role(const char *name)
{
	for (size_t i = 0; i < n_see_roles; i++)
		if (strcmp(see_roles[i], name) == 0)
			return UINT32_C(1) << i;
	WRONG("there is no such role");
}

static bool has(const struct see_viewer *viewer, const char *const *roles, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((viewer->roles & see_role(roles[i])) != 0)
			return true;
	return false;
}

bool see_may_read_record(const struct see_viewer *viewer)
{
	static const char *const roles[] = {"security_officer", "duty_officer", "head_of_mission", "auditor",
					    "administrator"};
	return has(viewer, roles, ARRAY_LEN(roles));
}

bool see_may_read_raw(const struct see_viewer *viewer)
{
	static const char *const roles[] = {"security_officer", "auditor", "administrator"};
	return has(viewer, roles, ARRAY_LEN(roles));
}

bool see_may_read_because(const struct see_viewer *viewer)
{
	static const char *const roles[] = {"security_officer", "duty_officer", "head_of_mission", "auditor"};
	return has(viewer, roles, ARRAY_LEN(roles));
}

bool see_may_read_facts(const struct see_viewer *viewer)
{
	static const char *const roles[] = {"security_officer", "auditor"};
	return has(viewer, roles, ARRAY_LEN(roles));
}

bool see_member_is_seen(const struct see_viewer *viewer, const struct see_member *member, struct str body)
{
	bool is_self =
	    member->self && viewer->person != 0 && peek_int(body, member->self, 0) == (int64_t)viewer->person;
	return !member->secret && member->mark <= viewer->clearance &&
	       ((viewer->roles & member->roles) != 0 || is_self);
}

bool see_body_is_seen(const struct see_viewer *viewer, const struct see_body *of, struct str body)
{
	struct str name, value;
	if ((viewer->roles & of->roles) != 0)
		return true;
	for (struct peek_walk walk = peek_begin(body); peek_member(&walk, &name, &value);) {
		const struct see_member *member = see_member_of(of, name);
		if (member && see_member_is_seen(viewer, member, body))
			return true;
	}
	return false;
}

bool see_label_is_seen(const struct see_viewer *viewer, struct str table, uint64_t id)
{
	for (size_t i = 0; i < n_see_labels; i++) {
		if (!str_eq(table, str_of(see_labels[i].table)))
			continue;
		const struct see_body *body = see_body_of(SEE_TABLE, table);
		const struct see_member *member = see_member_of(body, str_of(see_labels[i].member));
		ASSERT(body && member);
		char row[64];
		snprintf(row, sizeof row, "{\"%s\":%llu}", see_labels[i].table, (unsigned long long)id);
		return see_member_is_seen(viewer, member, str_of(row));
	}
	return false;
}
