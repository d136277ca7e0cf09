#include "driver/osdp/contract.h"
#include "gen/codec.h"

static struct str bytes(const uint8_t *at, size_t n)
{
	return (struct str){(const char *)at, n};
}

/* What the codec found, with its place. */
static int wrong(const struct json *json, struct error *error)
{
	char what[256];
	json_error_text(json, what, sizeof what);
	error_set(error, ERROR_INPUT, "%s", what);
	return error_remedy(error, "see src/schema/contract.yaml for what may stand there");
}

int contract_read_settings(struct str text, struct arena *arena, struct contract_settings *ret, struct error *error)
{
	struct json json = json_over(text, arena);
	struct osdp_settings settings;
	if (!osdp_settings_read(&json, &settings) || !json_end(&json))
		return wrong(&json, error);
	ret->device = settings.device;
	ret->baud = settings.baud;
	ret->n_readers = settings.readers.n;
	ASSERT(settings.readers.n <= CONTRACT_READERS_MAX);
	for (size_t i = 0; i < settings.readers.n; i++) {
		const struct osdp_reader *reader = &settings.readers.at[i];
		struct pd_settings *pd = &ret->readers[i];
		*pd = (struct pd_settings){
		    .reader = reader->reader, .address = (uint8_t)reader->address, .output = (uint8_t)reader->output};
		memcpy(pd->key, reader->key.at, sizeof pd->key);
	}
	return 0;
}

static int read_released(struct json *json, uint64_t *ret_reader, struct pd_order *ret_order, struct error *error)
{
	struct doors_released released;
	if (!doors_released_read(json, &released) || !json_end(json))
		return wrong(json, error);
	*ret_reader = released.reader;
	ret_order->kind = PD_RELEASE;
	ret_order->release_ms = released.release;
	return 0;
}

static int read_signalled(struct json *json, uint64_t *ret_reader, struct pd_order *ret_order, struct error *error)
{
	struct doors_signalled signalled;
	if (!doors_signalled_read(json, &signalled) || !json_end(json))
		return wrong(json, error);
	*ret_reader = signalled.reader;
	ret_order->kind = PD_SIGNAL_REFUSED;
	return 0;
}

int contract_read_order(struct str name, struct str body, struct arena *arena, uint64_t *ret_reader,
			struct pd_order *ret_order, struct error *error)
{
	struct json json = json_over(body, arena);
	if (str_eq(name, STR("doors.Released")))
		return read_released(&json, ret_reader, ret_order, error);
	if (str_eq(name, STR("doors.Signalled")))
		return read_signalled(&json, ret_reader, ret_order, error);
	return error_set(error, ERROR_INPUT, "order " STR_FMT " is not known to this driver", STR_ARG(name));
}

int contract_read_desired(struct str name, struct str body, struct arena *arena, struct osdp_held *ret_held,
			  struct error *error)
{
	struct json json = json_over(body, arena);
	if (!str_eq(name, STR("doors.Held")))
		return error_set(error, ERROR_INPUT, "desired state " STR_FMT " is not known to this driver",
				 STR_ARG(name));
	if (!osdp_held_read(&json, ret_held) || !json_end(&json))
		return wrong(&json, error);
	return 0;
}

/* Bodies of reports. */
static void write_card(struct buf *body, const struct notice *notice)
{
	static const enum access_card_read_format formats[] = {
	    [DATA_FORMAT_RAW] = ACCESS_CARD_READ_FORMAT_RAW,
	    [DATA_FORMAT_WIEGAND] = ACCESS_CARD_READ_FORMAT_WIEGAND,
	};
	access_card_read_write(
	    body, &(struct access_card_read){.reader = notice->reader,
					     .format = formats[notice->card.format],
					     .bits = notice->card.bits,
					     .card = bytes(notice->card.bytes, data_card_bytes(&notice->card))});
}

static void write_online(struct buf *body, const struct notice *notice)
{
	const struct data_pdid *pdid = &notice->online;
	char firmware[16];
	snprintf(firmware, sizeof firmware, "%d.%d.%d", pdid->firmware[0], pdid->firmware[1], pdid->firmware[2]);
	doors_reader_online_write(body,
				  &(struct doors_reader_online){.reader = notice->reader,
								.vendor = bytes(pdid->vendor, sizeof pdid->vendor),
								.model = pdid->model,
								.version = pdid->version,
								.serial = pdid->serial,
								.firmware = str_of(firmware),
								.secure = true});
}

static void write_offline(struct buf *body, const struct notice *notice)
{
	static const enum doors_reader_offline_why whys[] = {
	    [NOTICE_NO_ANSWER] = DOORS_READER_OFFLINE_WHY_NO_ANSWER,
	    [NOTICE_OFFLINE_BAD_MAC] = DOORS_READER_OFFLINE_WHY_BAD_MAC,
	    [NOTICE_HANDSHAKE_FAILED] = DOORS_READER_OFFLINE_WHY_HANDSHAKE_FAILED,
	    [NOTICE_WRONG_IDENTITY] = DOORS_READER_OFFLINE_WHY_WRONG_IDENTITY,
	    [NOTICE_REFUSED_BY_READER] = DOORS_READER_OFFLINE_WHY_REFUSED_BY_READER,
	    [NOTICE_LINE_LOST] = DOORS_READER_OFFLINE_WHY_LINE_LOST,
	};
	doors_reader_offline_write(
	    body, &(struct doors_reader_offline){.reader = notice->reader, .why = whys[notice->offline]});
}

static void write_status(struct buf *body, const struct notice *notice)
{
	doors_reader_tamper_write(body, &(struct doors_reader_tamper){.reader = notice->reader,
								      .tamper = notice->status.tamper,
								      .power = notice->status.power});
}

static void write_refused(struct buf *body, const struct notice *notice)
{
	static const enum doors_frame_refused_why whys[] = {
	    [NOTICE_CLEAR_DATA] = DOORS_FRAME_REFUSED_WHY_CLEAR_DATA,
	    [NOTICE_BAD_MAC] = DOORS_FRAME_REFUSED_WHY_BAD_MAC,
	    [NOTICE_BAD_CHECK] = DOORS_FRAME_REFUSED_WHY_BAD_CHECK,
	    [NOTICE_BAD_LENGTH] = DOORS_FRAME_REFUSED_WHY_BAD_LENGTH,
	    [NOTICE_WRONG_ADDRESS] = DOORS_FRAME_REFUSED_WHY_WRONG_ADDRESS,
	    [NOTICE_WRONG_SEQUENCE] = DOORS_FRAME_REFUSED_WHY_WRONG_SEQUENCE,
	    [NOTICE_BAD_CRYPTOGRAM] = DOORS_FRAME_REFUSED_WHY_BAD_CRYPTOGRAM,
	    [NOTICE_BAD_RMAC] = DOORS_FRAME_REFUSED_WHY_BAD_RMAC,
	    [NOTICE_WRONG_KEY] = DOORS_FRAME_REFUSED_WHY_WRONG_KEY,
	    [NOTICE_BAD_DATA] = DOORS_FRAME_REFUSED_WHY_BAD_DATA,
	};
	const struct notice_refused *refused = &notice->refused;
	doors_frame_refused_write(body,
				  &(struct doors_frame_refused){.reader = notice->reader,
								.why = whys[refused->why],
								.count = refused->count,
								.frame = bytes(refused->frame, refused->frame_len)});
}

static const struct {
	struct str name;
	void (*write)(struct buf *body, const struct notice *notice);
} reports[] = {
    [NOTICE_CARD] = {{"access.card_read", 16}, write_card},
    [NOTICE_ONLINE] = {{"doors.reader_online", 19}, write_online},
    [NOTICE_OFFLINE] = {{"doors.reader_offline", 20}, write_offline},
    [NOTICE_STATUS] = {{"doors.reader_tamper", 19}, write_status},
    [NOTICE_REFUSED] = {{"doors.frame_refused", 19}, write_refused},
};

struct str contract_write_notice(struct buf *body, const struct notice *notice)
{
	ASSERT(notice->kind < ARRAY_LEN(reports));
	reports[notice->kind].write(body, notice);
	return reports[notice->kind].name;
}

struct str contract_write_decision(struct buf *body, const struct gate_card *card,
				   const struct contract_decision *decision)
{
	static const enum access_card_decided_why whys[GRANT_WHYS] = {
	    [GRANT_NO_TABLE] = ACCESS_CARD_DECIDED_WHY_NO_TABLE,
	    [GRANT_UNKNOWN_READER] = ACCESS_CARD_DECIDED_WHY_UNKNOWN_READER,
	    [GRANT_HELD] = ACCESS_CARD_DECIDED_WHY_HELD,
	    [GRANT_DOOR_SHUT] = ACCESS_CARD_DECIDED_WHY_DOOR_SHUT,
	    [GRANT_UNKNOWN_CARD] = ACCESS_CARD_DECIDED_WHY_UNKNOWN_CARD,
	    [GRANT_NOT_NOW] = ACCESS_CARD_DECIDED_WHY_NOT_NOW,
	    [GRANT_EXPIRED_TABLE] = ACCESS_CARD_DECIDED_WHY_EXPIRED_TABLE,
	    [GRANT_SCHEDULE] = ACCESS_CARD_DECIDED_WHY_SCHEDULE,
	    [GRANT_STANDING] = ACCESS_CARD_DECIDED_WHY_STANDING,
	};
	static const enum access_card_read_format formats[] = {
	    [DATA_FORMAT_RAW] = ACCESS_CARD_READ_FORMAT_RAW,
	    [DATA_FORMAT_WIEGAND] = ACCESS_CARD_READ_FORMAT_WIEGAND,
	};
	access_card_decided_write(body, &(struct access_card_decided){
					    .reader = card->reader,
					    .has_read = decision->read > 0,
					    .read = decision->read,
					    .format = formats[card->format],
					    .bits = card->bits,
					    .card = bytes(card->bytes, (card->bits + 7U) / 8),
					    .outcome = decision->answer.granted ? ACCESS_CARD_DECIDED_OUTCOME_GRANTED
										: ACCESS_CARD_DECIDED_OUTCOME_DENIED,
					    .why = whys[decision->answer.why],
					    .table = decision->table,
					    .at = decision->at_ms});
	return STR("access.card_decided");
}
