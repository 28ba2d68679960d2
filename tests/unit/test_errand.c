#include "unit/unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/errand.h"

struct order {
	int gate[2];
	int result;
	pid_t child;
};

static void after_the_gate(void *context)
{
	struct order *o = context;
	char c;

	o->result = read(o->gate[0], &c, 1) == 1 ? 42 : -1;
}

static void test_runs_beside_its_caller(void **state)
{
	struct order o = {.result = 0};
	struct errand *e;
	int64_t start;

	(void)state;
	assert_int_equal(pipe(o.gate), 0);
	e = errand_start(after_the_gate, &o);
	start = clock_mono_ms();
	assert_false(errand_wait(e, 50));
	assert_true(clock_mono_ms() - start >= 45);
	assert_int_equal(write(o.gate[1], "x", 1), 1);
	assert_true(errand_wait(e, -1));
	assert_int_equal(o.result, 42);
	assert_true(errand_wait(e, 0));
	errand_done(&e);
	assert_null(e);
	assert_true(errand_wait(NULL, -1));
	errand_done(&e);
	close(o.gate[0]);
	close(o.gate[1]);
}

static void test_done_waits(void **state)
{
	struct order o = {.result = 0};
	struct errand *e;

	(void)state;
	assert_int_equal(pipe(o.gate), 0);
	e = errand_start(after_the_gate, &o);
	assert_int_equal(write(o.gate[1], "x", 1), 1);
	errand_done(&e);
	assert_int_equal(o.result, 42);
	close(o.gate[0]);
	close(o.gate[1]);
}

static void starts_a_child(void *context)
{
	struct order *o = context;
	char c = 'r';

	o->child = fork();
	if (o->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(o->gate[1], &c, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (read(o->gate[0], &c, 1) != 1)
		o->result = -1;
}

/* A child that dies with its parent's thread lives until the errand is done. */
static void test_children_live_on(void **state)
{
	struct order o = {.result = 0};
	struct errand *e;
	int status;

	(void)state;
	assert_int_equal(pipe(o.gate), 0);
	e = errand_start(starts_a_child, &o);
	assert_true(errand_wait(e, -1));
	assert_int_equal(o.result, 0);
	usleep(20000);
	assert_int_equal(waitpid(o.child, &status, WNOHANG), 0);
	errand_done(&e);
	assert_int_equal(waitpid(o.child, &status, 0), o.child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(o.gate[0]);
	close(o.gate[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_beside_its_caller),
		cmocka_unit_test(test_done_waits),
		cmocka_unit_test(test_children_live_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
