#include "crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* What one thread needs for itself. */
struct crew_tools {
	struct canonical canonical;
	struct tree_hasher hasher;
};

/* Batches are a ring, and these count without end: returned <= claimed <= given <= returned + batches. */
struct crew {
	pthread_mutex_t lock;
	pthread_cond_t given_more, checked_one;
	uint64_t given, claimed, returned;
	unsigned batches, hands;
	bool ending;
	struct crew_batch *batch[CREW_BATCHES_MAX];
	pthread_t hand[CREW_HANDS_MAX];
	struct crew_tools tools[CREW_HANDS_MAX + 1]; /* the last are the owner's */
	struct crew_start {
		struct crew *crew;
		struct crew_tools *tools;
	} start[CREW_HANDS_MAX];
};

static void crew_check(struct crew_batch *batch, struct crew_tools *tools)
{
	for (batch->good = 0; batch->good < batch->entries; batch->good++) {
		unsigned i = batch->good;
		const uint8_t *body = batch->bytes + batch->at[i];
		size_t len = batch->at[i + 1] - batch->at[i];
		if (!members_read(&tools->canonical, body, len, &batch->members[i], &batch->complaint))
			break;
		batch->leaf[i] = tree_leaf(&tools->hasher, body, len);
	}
}

/* The lock is held, and there is one to claim. */
static void crew_claim(struct crew *crew, struct crew_tools *tools)
{
	struct crew_batch *batch = crew->batch[crew->claimed++ % crew->batches];
	pthread_mutex_unlock(&crew->lock);
	crew_check(batch, tools);
	pthread_mutex_lock(&crew->lock);
	batch->checked = true;
	pthread_cond_signal(&crew->checked_one);
}

static void *crew_hand(void *context)
{
	struct crew_start *start = context;
	struct crew *crew = start->crew;
	pthread_mutex_lock(&crew->lock);
	while (!crew->ending) {
		if (crew->claimed < crew->given)
			crew_claim(crew, start->tools);
		else
			pthread_cond_wait(&crew->given_more, &crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Besides the owner's thread. */
static unsigned crew_hands_wanted(void)
{
	cpu_set_t cpus;
	int count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
	return count > CREW_HANDS_MAX ? CREW_HANDS_MAX : (unsigned)count - 1;
}

static bool crew_equip(struct crew *crew, unsigned hands)
{
	crew->batches = 2 * (hands + 1);
	for (unsigned i = 0; i < crew->batches; i++)
		if (!(crew->batch[i] = malloc(sizeof(*crew->batch[i]))))
			return false;
	for (unsigned i = 0; i <= hands; i++)
		if (!tree_hasher_init(&crew->tools[i < hands ? i : CREW_HANDS_MAX].hasher))
			return false;
	return true;
}

struct crew *crew_start(void)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	unsigned hands = crew_hands_wanted();
	if (!crew)
		return NULL;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->given_more, NULL);
	pthread_cond_init(&crew->checked_one, NULL);
	if (!crew_equip(crew, hands)) {
		crew_end(crew);
		return NULL;
	}
	for (; crew->hands < hands; crew->hands++) { /* with fewer it takes longer, and that is all */
		struct crew_start *start = &crew->start[crew->hands];
		*start = (struct crew_start){crew, &crew->tools[crew->hands]};
		if (pthread_create(&crew->hand[crew->hands], NULL, crew_hand, start) != 0)
			break;
	}
	return crew;
}

void crew_end(struct crew *crew)
{
	if (!crew)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->ending = true;
	pthread_cond_broadcast(&crew->given_more);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->hands; i++)
		pthread_join(crew->hand[i], NULL);
	for (unsigned i = 0; i <= CREW_HANDS_MAX; i++)
		tree_hasher_release(&crew->tools[i].hasher);
	for (unsigned i = 0; i < crew->batches; i++)
		free(crew->batch[i]);
	pthread_cond_destroy(&crew->checked_one);
	pthread_cond_destroy(&crew->given_more);
	pthread_mutex_destroy(&crew->lock);
	free(crew);
}

/* Only the owner gives and returns, so it may read these two counts without the lock. */

struct crew_batch *crew_empty(struct crew *crew)
{
	if (crew->given == crew->returned + crew->batches)
		return NULL;
	struct crew_batch *batch = crew->batch[crew->given % crew->batches];
	batch->entries = 0;
	batch->at[0] = 0;
	batch->checked = false;
	return batch;
}

void crew_give(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->given++;
	pthread_cond_signal(&crew->given_more);
	pthread_mutex_unlock(&crew->lock);
}

struct crew_batch *crew_take(struct crew *crew)
{
	if (crew->returned == crew->given)
		return NULL;
	struct crew_batch *oldest = crew->batch[crew->returned % crew->batches];
	pthread_mutex_lock(&crew->lock);
	while (!oldest->checked) {
		if (crew->claimed < crew->given)
			crew_claim(crew, &crew->tools[CREW_HANDS_MAX]);
		else
			pthread_cond_wait(&crew->checked_one, &crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return oldest;
}

void crew_return(struct crew *crew)
{
	crew->returned++;
}
