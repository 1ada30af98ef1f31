/* The log: two users in one process, each on threads of its own, get their own lines. */
#include "core/log.h"
#include "core/parallel.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>

enum { USERS = 2, LINES = 200 };

typedef struct user {
    char name;
    atomic_int own, foreign;
} user;

static void take(void *to, lvk_log_level level, const char *line) {
    user *u = to;
    cr_expect_eq(level, LVK_LOG_WARNING);
    atomic_fetch_add(strchr(line, u->name) ? &u->own : &u->foreign, 1);
}

static lvk_status tell(void *of, size_t index) {
    const user *u = of;
    lvk_log(LVK_LOG_INFO, "%c: not asked for", u->name);
    lvk_log(LVK_LOG_WARNING, "%c: line %zu", u->name, index);
    return LVK_OK;
}

/* A loop within a loop: the threads of a thread that the library has started. */
static lvk_status tell_all(void *of, size_t index) {
    (void)index;
    return lvk_parallel_for(2, LINES / 4, tell, of, NULL, NULL);
}

static void *use(void *of) {
    lvk_log_set_thread_sink(take, of, LVK_LOG_WARNING);
    cr_expect_eq(lvk_parallel_for(3, 4, tell_all, of, NULL, NULL), LVK_OK);
    lvk_log_set_thread_sink(NULL, NULL, LVK_LOG_WARNING);
    return NULL;
}

Test(log, each_user_gets_its_own_lines) {
    user all = {'c', 0, 0}, users[USERS] = {{'a', 0, 0}, {'b', 0, 0}};
    pthread_t threads[USERS];
    lvk_log_set_sink(take, &all, LVK_LOG_WARNING);
    for (int i = 0; i < USERS; ++i)
        cr_assert_eq(pthread_create(&threads[i], NULL, use, &users[i]), 0);
    cr_expect_eq(lvk_parallel_for(2, 7, tell, &all, NULL, NULL), LVK_OK);
    for (int i = 0; i < USERS; ++i) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_expect_eq(users[i].own, LINES, "%d lines of %c", users[i].own, users[i].name);
        cr_expect_eq(users[i].foreign, 0, "%d lines of others", users[i].foreign);
    }
    cr_expect(all.own == 7 && all.foreign == 0, "%d and %d", all.own, all.foreign);
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
}

/* A thread whose sink is taken back logs where all do. */
Test(log, without_a_sink_of_its_own) {
    user all = {'c', 0, 0}, own = {'a', 0, 0};
    lvk_log_set_sink(take, &all, LVK_LOG_WARNING);
    lvk_log_set_thread_sink(take, &own, LVK_LOG_WARNING);
    lvk_log(LVK_LOG_WARNING, "a");
    lvk_log_set_thread_sink(NULL, NULL, LVK_LOG_WARNING);
    lvk_log(LVK_LOG_WARNING, "c");
    cr_expect(own.own == 1 && own.foreign == 0 && all.own == 1 && all.foreign == 0);
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
}
