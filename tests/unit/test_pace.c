#include "unit/unit.h"

#include "base/pace.h"
#include "base/text.h"

/* What gets through in 'ms' when as much is taken as may be, at once. */
static int64_t through(struct pace *p, size_t portion, int64_t ms)
{
	int64_t bytes = 0;

	for (int64_t now = 0; now < ms; now += pace_rest_ms(p, now) ? pace_rest_ms(p, now) : 1)
		while (pace_rest_ms(p, now) == 0 && bytes < INT64_C(1) << 40) {
			pace_took(p, portion, now);
			bytes += (int64_t)portion;
		}
	return bytes;
}

static void test_keeps_its_rate(void **state)
{
	static const int64_t rates[] = {1000, 1234, 65536, 2000000, 125000000};
	static const size_t portions[] = {1, 100, 16384, 262144};

	(void)state;
	for (size_t i = 0; i < COUNT(rates) * COUNT(portions); i++) {
		struct pace p = pace_of(rates[i / COUNT(portions)]);
		size_t portion = portions[i % COUNT(portions)];
		int64_t seconds = 60, bytes;

		if (p.rate / (int64_t)portion > 1000000)
			continue; /* half a minute of counting */
		bytes = through(&p, portion, seconds * 1000);
		assert_in_range(bytes, (uintmax_t)(p.rate * seconds - p.rate / 1000),
				(uintmax_t)(p.rate * seconds + p.rate / 5 + (int64_t)portion + 1));
	}
}

/* A long rest earns no burst. */
static void test_saves_little(void **state)
{
	struct pace p = pace_of(1000000);

	(void)state;
	pace_took(&p, 1, 0);
	pace_took(&p, 100000, 3600000);
	assert_int_equal(pace_rest_ms(&p, 3600000), 0);
	pace_took(&p, 100000, 3600000);
	assert_int_equal(pace_rest_ms(&p, 3600000), 100);
	assert_int_equal(pace_rest_ms(&p, 3600040), 60);
}

static void test_portions(void **state)
{
	struct pace free = pace_of(0), fast = pace_of(1000000), slow = pace_of(5);

	(void)state;
	pace_took(&free, SIZE_MAX, 0);
	assert_int_equal(pace_rest_ms(&free, 0), 0);
	assert_true(pace_portion(&free) == SIZE_MAX);
	assert_int_equal(pace_portion(&fast), 100000);
	assert_int_equal(pace_portion(&slow), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_its_rate),
		cmocka_unit_test(test_saves_little),
		cmocka_unit_test(test_portions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
