#include "base/pace.h"

#define SAVED_MS 100

struct pace pace_of(int64_t rate)
{
	return (struct pace){.rate = rate > 0 ? rate : 0, .free_ms = INT64_MIN};
}

void pace_took(struct pace *p, size_t n, int64_t now_ms)
{
	if (!p->rate)
		return;
	if (p->free_ms < now_ms - SAVED_MS) {
		p->free_ms = now_ms - SAVED_MS;
		p->rest = 0;
	}
	p->rest += (int64_t)n * 1000;
	p->free_ms += p->rest / p->rate;
	p->rest %= p->rate;
}

int64_t pace_rest_ms(const struct pace *p, int64_t now_ms)
{
	return p->rate && p->free_ms > now_ms ? p->free_ms - now_ms : 0;
}

size_t pace_portion(const struct pace *p)
{
	if (!p->rate)
		return SIZE_MAX;
	return p->rate < 1000 / SAVED_MS ? 1 : (size_t)(p->rate * SAVED_MS / 1000);
}
