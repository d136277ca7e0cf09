/* sample.h: the entries of a small mission, for tests only. Entry 0 brings the rulebooks in force; then a driver
 * reports, an operator commands (and is refused) and a timer runs, by turns. From entry SAMPLE_REBOOT on the driver has
 * another boot. */
#ifndef VERIFY_SAMPLE_H
#define VERIFY_SAMPLE_H

#include <stdbool.h>
#include <stdio.h>

#define SAMPLE_BYTES_MAX 2048
#define SAMPLE_REBOOT	 300

static inline const char *sample_tail(unsigned i)
{
	static const char *const tails[] = {
	    "\"from\":{\"core\":{}},\"checked\":null,\"input\":{\"kind\":\"timer\",\"name\":\"access.door_held\","
	    "\"body\":{\"door\":\"D-01\"}},\"refusal\":null,\"events\":[{\"name\":\"access.DoorHeld\",\"body\":{}}],"
	    "\"because\":null,\"law\":null,\"box\":null}",
	    NULL, /* the driver's, below */
	    "\"from\":{\"operator\":{\"login\":\"vera\"}},\"checked\":{\"how\":\"pin\"},\"input\":{\"kind\":"
	    "\"command\","
	    "\"name\":\"access.open\",\"body\":{\"door\":\"D-02\",\"why\":\"caf\xc3\xa9 \\\"x\\\"\"}},\"refusal\":"
	    "{\"name\":\"not_permitted\",\"takes\":{\"rule\":\"R-7\"}},\"events\":[],\"because\":{\"rulebook\":\"house-"
	    "3\","
	    "\"outcome\":\"refuse\",\"spoke\":[\"R-7\"],\"outweighed\":[{\"rule\":\"R-2\",\"by\":\"R-7\",\"why\":"
	    "\"priority\"}],\"facts\":[{\"name\":\"person.role\",\"value\":[\"guest\"]},{\"name\":\"person.escort\","
	    "\"value\":[],\"known\":false}]},\"law\":{\"answer\":\"silent\"},\"box\":\"AAEC\"}",
	};
	return tails[i % 3];
}

static inline int sample_entry(char *ret_body, unsigned i)
{
	static const char first[] =
	    "\"from\":{\"core\":{}},\"checked\":null,\"input\":{\"kind\":\"start\",\"name\":"
	    "\"mission.start\",\"body\":{}},\"refusal\":null,\"events\":[{\"name\":\"mission.InForce\","
	    "\"body\":{\"rulebook\":\"house-3\"}}],\"because\":null,\"law\":null,\"box\":null}";
	static const char report[] =
	    "\"checked\":null,\"input\":{\"kind\":\"report\",\"name\":\"access.card_read\","
	    "\"body\":{\"reader\":\"R-01\",\"bits\":26}},\"refusal\":null,\"events\":"
	    "[{\"name\":\"access.Granted\",\"body\":{}}],\"because\":null,\"law\":null,\"box\":null}";
	int len = snprintf(ret_body, SAMPLE_BYTES_MAX,
			   "{\"format\":1,\"index\":%u,\"incarnation\":1,\"wall\":%lld,\"elapsed\":%u,\"env\":0,"
			   "\"salt\":\"%032x\",",
			   i, 1700000000000LL + i * 250, i * 250, i);
	if (i % 3 != 1 || i == 0)
		return len +
		       snprintf(ret_body + len, SAMPLE_BYTES_MAX - (size_t)len, "%s", i == 0 ? first : sample_tail(i));
	bool rebooted = i >= SAMPLE_REBOOT;
	return len + snprintf(ret_body + len, SAMPLE_BYTES_MAX - (size_t)len,
			      "\"from\":{\"driver\":{\"name\":\"gate\",\"boot\":\"%s\",\"sequence\":%u}},%s",
			      rebooted ? "00000000000000bb" : "00000000000000aa",
			      (rebooted ? i - SAMPLE_REBOOT : i) / 3 + 1, report);
}

#endif
