#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "unit/folder.h"

static char *in(const char *name)
{
	return path_join(folder, name);
}

static void put(const char *path, const char *text)
{
	struct error err;

	assert_int_equal(write_file_durably(path, text, strlen(text), 0600, &err), 0);
}

static void test_paths(void **state)
{
	static const struct {
		const char *dir, *name, *joined;
	} joins[] = {
		{"/a", "b", "/a/b"}, {"/a/", "b", "/a/b"}, {"/", "b", "/b"}, {"a", "/b", "/b"}, {"", "b", "b"},
	};
	static const struct {
		const char *path, *dir, *base;
	} parts[] = {
		{"/a/b", "/a", "b"}, {"/a", "/", "a"}, {"a", ".", "a"}, {"a/b/c", "a/b", "c"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(joins); i++) {
		autofree char *joined = path_join(joins[i].dir, joins[i].name);

		assert_string_equal(joined, joins[i].joined);
	}
	for (size_t i = 0; i < COUNT(parts); i++) {
		autofree char *part = path_dir(parts[i].path);

		assert_string_equal(part, parts[i].dir);
		assert_string_equal(path_base(parts[i].path), parts[i].base);
	}
}

static void test_folders_are_made_with_their_mode(void **state)
{
	autofree char *deep = in("a/b/c"), *middle = in("a/b"), *file = in("f"), *under_file = in("f/x");
	struct error err;
	struct stat st;

	(void)state;
	assert_int_equal(make_dirs(deep, 02750, &err), 0);
	assert_int_equal(stat(middle, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	assert_int_equal(make_dirs(deep, 0700, &err), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750); /* it was there: left as it is */
	assert_true(path_is_dir(deep) && path_exists(deep));

	put(file, "in the way");
	assert_int_equal(make_dirs(file, 0700, &err), -1);
	assert_int_equal(err.os_errno, EEXIST);
	assert_non_null(strstr(err.text, file));
	assert_int_equal(make_dirs(under_file, 0700, &err), -1);
	assert_false(path_is_dir(file));
}

static void test_a_file_is_written_whole(void **state)
{
	autofree char *path = in("f"), *part = in("f.part"), *elsewhere = in("no/f"), *text = NULL;
	struct error err;
	struct stat st;

	(void)state;
	put(part, "left over by a power cut, and longer");
	assert_int_equal(write_file_durably(path, "one", 3, 0640, &err), 0);
	assert_false(path_exists(part));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(write_file_durably(path, "another", 7, 0600, &err), 0);
	assert_int_equal(read_small_file(path, 7, &text, &err), 0);
	assert_string_equal(text, "another");
	assert_int_equal(write_file_durably(elsewhere, "x", 1, 0600, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
}

static void test_nothing_planted_is_written_to(void **state)
{
	autofree char *path = in("planted"), *part = in("planted.part"), *other = in("whose"), *text = NULL, *now = NULL;
	struct error err;
	struct stat st;

	(void)state;
	put(other, "somebody else's");
	assert_int_equal(link(other, part), 0);
	assert_int_equal(write_file_durably(path, "one", 3, 0600, &err), 0);
	assert_int_equal(read_small_file(other, 100, &text, &err), 0);
	assert_string_equal(text, "somebody else's");
	assert_int_equal(mkfifo(part, 0600), 0);
	alarm(10); /* a pipe waits for its reader */
	assert_int_equal(write_file_durably(path, "two", 3, 0600, &err), 0);
	alarm(0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(read_small_file(path, 100, &now, &err), 0);
	assert_string_equal(now, "two");
}

static void test_no_room_is_told_apart(void **state)
{
	struct error err;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, "x", 1, "/dev/full", &err), -1);
	assert_int_equal(err.kind, ERR_SPACE);
	close(fd);
}

static void test_reading_has_a_cap(void **state)
{
	autofree char *path = in("f"), *nul = in("nul"), *fifo = in("fifo"), *missing = in("missing"), *text = NULL;
	struct error err;

	(void)state;
	put(path, "12345678");
	assert_int_equal(read_small_file(path, 7, &text, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_null(text);
	assert_int_equal(write_file_durably(nul, "a\0b", 3, 0600, &err), 0);
	assert_int_equal(read_small_file(nul, 100, &text, &err), -1);
	assert_int_equal(read_small_file(folder, 100, &text, &err), -1);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(read_small_file(fifo, 100, &text, &err), -1); /* and does not wait */
	assert_int_equal(read_small_file(missing, 100, &text, &err), -1);
	assert_int_equal(err.os_errno, ENOENT);
	assert_int_equal(read_small_file("/proc/self/stat", 65536, &text, &err), 0); /* a size of 0 says nothing */
	assert_true(strlen(text) > 10);
}

static void test_renaming_never_overwrites(void **state)
{
	autofree char *from = in("from"), *to = in("to"), *text = NULL;
	struct error err;

	(void)state;
	put(from, "new");
	assert_int_equal(rename_durably(from, to, &err), 0);
	assert_false(path_exists(from));
	put(from, "newer");
	assert_int_equal(rename_durably(from, to, &err), -1);
	assert_int_equal(err.os_errno, EEXIST);
	assert_int_equal(read_small_file(to, 100, &text, &err), 0);
	assert_string_equal(text, "new");
}

static void test_a_tree_goes_but_links_are_not_followed(void **state)
{
	autofree char *tree = in("t"), *sub = in("t/sub"), *shut = in("t/sub/shut"), *file = in("t/sub/f");
	autofree char *inner = in("t/sub/shut/inner"), *outside = in("outside"), *kept = in("outside/kept");
	autofree char *link = in("t/link"), *top_link = in("link"), *closed = in("t/closed"), *in_closed = in("t/closed/f");
	struct error err;

	(void)state;
	assert_int_equal(make_dirs(outside, 0700, &err), 0);
	put(kept, "stays");
	assert_int_equal(make_dirs(inner, 0700, &err), 0);
	put(file, "goes");
	assert_int_equal(symlink(outside, link), 0);
	assert_int_equal(symlink(outside, top_link), 0);
	assert_int_equal(make_dirs(closed, 0700, &err), 0);
	put(in_closed, "goes");
	assert_int_equal(chmod(closed, 0), 0);
	assert_int_equal(chmod(shut, 0), 0);
	assert_int_equal(chmod(sub, 0500), 0);
	assert_int_equal(remove_tree(tree, &err), 0);
	assert_false(path_exists(tree));
	assert_int_equal(remove_tree(top_link, &err), 0);
	assert_false(path_exists(top_link));
	assert_true(path_exists(kept));
	assert_int_equal(remove_tree(tree, &err), 0); /* not there: fine */
}

/* Deeper than PATH_MAX and than any sensible number of open files. */
static void nest(const char *top, int depth)
{
	int at = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < depth; i++) {
		int next;

		assert_int_equal(mkdirat(at, "nested", 0700), 0);
		next = openat(at, "nested", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(at);
		at = next;
	}
	close(at);
}

static void test_a_tree_of_any_depth_goes(void **state)
{
	autofree char *tree = in("deep");
	struct error err;
	int64_t bytes;

	(void)state;
	assert_int_equal(make_dirs(tree, 0700, &err), 0);
	nest(tree, 3000);
	assert_int_equal(tree_bytes(tree, &bytes, &err), -1); /* refused, not overrun */
	assert_int_equal(remove_tree(tree, &err), 0);
	assert_false(path_exists(tree));
}

/* Folders and files as a data folder of a server has them. */
static void plant(const char *top)
{
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 40; k++) {
			autofree char *deep = format("%s/%d/%d/deep", top, i, k), *file = path_join(deep, "file");
			struct error err;

			assert_int_equal(make_dirs(deep, 0700, &err), 0);
			put(file, "x");
		}
}

/* One who removes the tree when 'gate' opens; exits with 0 when it was told that nothing is left. */
static pid_t remover(const char *tree, const int gate[2])
{
	pid_t pid = fork();
	struct error err;
	char c;

	if (pid != 0)
		return pid;
	close(gate[1]);
	if (read(gate[0], &c, 1) < 0)
		_exit(1);
	_exit(remove_tree(tree, &err) == 0 ? 0 : 2);
}

static void test_two_may_remove_one_tree(void **state)
{
	autofree char *tree = in("shared");

	(void)state;
	for (int i = 0; i < 25; i++) {
		int gate[2], first, second;
		pid_t a, b;

		plant(tree);
		assert_int_equal(pipe(gate), 0);
		a = remover(tree, gate);
		b = remover(tree, gate);
		close(gate[0]);
		close(gate[1]);
		assert_int_equal(waitpid(a, &first, 0), a);
		assert_int_equal(waitpid(b, &second, 0), b);
		assert_int_equal(first, 0);
		assert_int_equal(second, 0);
		assert_false(path_exists(tree));
	}
}

static void test_many_files_in_one_folder_go(void **state)
{
	autofree char *tree = in("wide");
	struct error err;
	int at;

	(void)state;
	assert_int_equal(make_dirs(tree, 0700, &err), 0);
	at = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 3000; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", i);
		close(openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	close(at);
	assert_int_equal(remove_tree(tree, &err), 0);
	assert_false(path_exists(tree));
}

static void test_sizes(void **state)
{
	autofree char *tree = in("t"), *sub = in("t/sub"), *a = in("t/a"), *b = in("t/sub/b"), *link = in("t/link");
	autofree char *missing = in("missing");
	struct error err;
	int64_t bytes = 7;

	(void)state;
	assert_int_equal(make_dirs(sub, 0700, &err), 0);
	put(a, "12345");
	put(b, "123");
	assert_int_equal(symlink(a, link), 0);
	assert_int_equal(tree_bytes(tree, &bytes, &err), 0);
	assert_int_equal(bytes, 8);
	assert_int_equal(tree_bytes(a, &bytes, &err), 0);
	assert_int_equal(bytes, 5);
	assert_int_equal(tree_bytes(missing, &bytes, &err), -1);
	assert_int_equal(bytes, 5);
	assert_int_equal(free_bytes(folder, &bytes, &err), 0);
	assert_true(bytes > 0);
	assert_int_equal(free_bytes(missing, &bytes, &err), -1);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		IN_FOLDER(test_folders_are_made_with_their_mode),
		IN_FOLDER(test_a_file_is_written_whole),
		IN_FOLDER(test_nothing_planted_is_written_to),
		cmocka_unit_test(test_no_room_is_told_apart),
		IN_FOLDER(test_reading_has_a_cap),
		IN_FOLDER(test_renaming_never_overwrites),
		IN_FOLDER(test_a_tree_goes_but_links_are_not_followed),
		IN_FOLDER(test_a_tree_of_any_depth_goes),
		IN_FOLDER(test_two_may_remove_one_tree),
		IN_FOLDER(test_many_files_in_one_folder_go),
		IN_FOLDER(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
