#include "driver/osdp/contract.h"
#include "gen/codec.h"

enum { CONTRACT_VERSION = 1, BODY_BYTES_MAX = 512, SIGNALS = 3 };

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

static void take_config(const struct driver_config *config, struct contract_config *ret)
{
	*ret = (struct contract_config){.driver = config->driver, .settings = config->settings};
	ret->has_accepted = config->has_accepted;
	if (!config->has_accepted)
		return;
	memcpy(ret->boot, config->accepted.boot.at, sizeof ret->boot);
	ret->accepted = config->accepted.sequence;
}

static void take_order(const struct driver_order *order, struct contract_order *ret)
{
	*ret = (struct contract_order){
	    .id = {(uint64_t)order->entry, (uint32_t)order->event},
	    .name = order->name,
	    .body = order->body,
	    .now_ms = order->now,
	    .not_after_ms = order->not_after,
	};
}

static struct contract_line take_line(const struct core_line *line)
{
	struct contract_line ret = {0};
	switch (line->kind) {
	case CORE_LINE_CONFIG:
		ret.kind = CONTRACT_CONFIG;
		take_config(&line->config, &ret.config);
		return ret;
	case CORE_LINE_ORDER:
		ret.kind = CONTRACT_ORDER;
		take_order(&line->order, &ret.order);
		return ret;
	case CORE_LINE_ACK:
		ret.kind = CONTRACT_ACK;
		ret.sequence = line->ack.sequence;
		return ret;
	case CORE_LINE_REFUSED:
		ret.kind = CONTRACT_REFUSED;
		ret.sequence = line->refused.sequence;
		return ret;
	case CORE_LINE_BUSY:
		ret.kind = CONTRACT_BUSY;
		ret.sequence = line->busy.sequence;
		ret.retry_ms = line->busy.retry_ms;
		return ret;
	case CORE_LINE_BAD:
		ret.kind = CONTRACT_BAD;
		ret.bad = line->bad.what;
		return ret;
	case CORE_LINE_BEGIN:
	case CORE_LINE_DESIRED:
	case CORE_LINE_TABLE:
		ret.kind = CONTRACT_SKIPPED;
		return ret;
	case CORE_LINE_NONE:
		break;
	}
	WRONG("a line of no kind");
}

int contract_read(struct str text, struct arena *arena, struct contract_line *ret_line, struct error *error)
{
	struct json json = json_over(text, arena);
	struct core_line line;
	if (!core_line_read(&json, &line) || !json_end(&json))
		return wrong(&json, error);
	*ret_line = take_line(&line);
	return 0;
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
	static const enum pd_order_kind kinds[SIGNALS] = {
	    [DOORS_SIGNALLED_SIGNAL_REFUSED] = PD_SIGNAL_REFUSED,
	    [DOORS_SIGNALLED_SIGNAL_ERROR] = PD_SIGNAL_ERROR,
	};
	struct doors_signalled signalled;
	if (!doors_signalled_read(json, &signalled) || !json_end(json))
		return wrong(json, error);
	*ret_reader = signalled.reader;
	ret_order->kind = kinds[signalled.signal];
	return 0;
}

int contract_read_order(const struct contract_order *order, struct arena *arena, uint64_t *ret_reader,
			struct pd_order *ret_order, struct error *error)
{
	struct json json = json_over(order->body, arena);
	if (str_eq(order->name, STR("doors.Released")))
		return read_released(&json, ret_reader, ret_order, error);
	if (str_eq(order->name, STR("doors.Signalled")))
		return read_signalled(&json, ret_reader, ret_order, error);
	return error_set(error, ERROR_INPUT, "order " STR_FMT " is not known to this driver", STR_ARG(order->name));
}

void contract_write_hello(struct buf *out, struct str driver, const uint8_t boot[CONTRACT_BOOT_BYTES], int64_t next)
{
	driver_line_write(out, &(struct driver_line){.kind = DRIVER_LINE_HELLO,
						     .hello = {.contract = CONTRACT_VERSION,
							       .driver = driver,
							       .kind = STR("osdp"),
							       .boot = bytes(boot, CONTRACT_BOOT_BYTES),
							       .next = next}});
}

void contract_write_heartbeat(struct buf *out, uint64_t frames, uint64_t refused)
{
	driver_line_write(out,
			  &(struct driver_line){.kind = DRIVER_LINE_HEARTBEAT,
						.heartbeat = {.frames = (int64_t)frames, .refused = (int64_t)refused}});
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

static void write_report(struct buf *out, int64_t sequence, int64_t ago_ms, const struct notice *notice)
{
	uint8_t memory[BODY_BYTES_MAX];
	struct buf body = BUF(memory);
	reports[notice->kind].write(&body, notice);
	ASSERT(!body.over);
	driver_line_write(out, &(struct driver_line){.kind = DRIVER_LINE_REPORT,
						     .report = {.sequence = sequence,
								.ago = ago_ms,
								.name = reports[notice->kind].name,
								.body = buf_str(&body)}});
}

void contract_write_notice(struct buf *out, int64_t sequence, int64_t ago_ms, const struct notice *notice)
{
	int64_t entry = (int64_t)notice->order.entry, event = notice->order.event;
	struct driver_line line;
	switch (notice->kind) {
	case NOTICE_DONE:
		line = (struct driver_line){.kind = DRIVER_LINE_DONE, .done = {sequence, entry, event}};
		driver_line_write(out, &line);
		break;
	case NOTICE_EXPIRED:
		line = (struct driver_line){.kind = DRIVER_LINE_EXPIRED, .expired = {sequence, entry, event}};
		driver_line_write(out, &line);
		break;
	default:
		write_report(out, sequence, ago_ms, notice);
	}
}
