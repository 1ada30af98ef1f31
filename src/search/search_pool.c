#define _DEFAULT_SOURCE /* prctl's header on Linux */
#include "search/search_pool.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE_MILLISECONDS = 100 };
_Static_assert(sizeof(lvk_report) <= PIPE_BUF, "a report must be written in one piece");

typedef struct worker {
    pid_t process; /* 0: none */
    const lvk_trial_job *job;
} worker;

typedef struct running {
    const lvk_search_pool *pool;
    const lvk_trial_job *jobs;
    uint32_t count, next, busy;
    worker workers[LVK_SEARCH_MAX_JOBS];
    int pipe[2];
    bool stopping;
    lvk_text said;                            /* the lines that trials have logged, each between newlines */
    lvk_status status;                        /* the first failure */
    char line[sizeof((lvk_report *)0)->line]; /* its error line; without a failure the device's name */
} running;

/* ---- in a trial's process ---- */

static volatile sig_atomic_t stop_asked, training;

/* Ends the process where it has nothing to save, such as while it reads the data set. */
static void ask_to_stop(int signal_number) {
    (void)signal_number;
    stop_asked = 1;
    if (!training)
        _exit(1);
}

typedef struct sender {
    int pipe;
    lvk_report report;
} sender;

static void send(int pipe, const lvk_report *report) {
    while (write(pipe, report, sizeof *report) < 0 && errno == EINTR)
        continue;
}

static void send_report(sender *s, lvk_report_kind kind) {
    lvk_report report = s->report;
    report.kind = kind;
    send(s->pipe, &report);
}

/* A log sink. Any thread may call it, so that it reads only members of the sender that never change. */
static void send_line(void *user, lvk_log_level level, const char *line) {
    const sender *s = user;
    lvk_report report = {
        .kind = LVK_REPORT_LOG, .worker = s->report.worker, .trial = s->report.trial, .level = level};
    snprintf(report.line, sizeof report.line, "%s", line);
    send(s->pipe, &report);
}

static bool send_epoch(void *user, const lvk_train_event *event) {
    sender *s = user;
    training = event->kind != LVK_TRAIN_FINISHED &&
               !(event->kind == LVK_TRAIN_EPOCH && event->epoch == event->epochs);
    if (event->kind == LVK_TRAIN_EPOCH) {
        s->report.epoch = event->epoch;
        s->report.epochs = event->epochs;
        s->report.loss = event->validation->loss;
        s->report.auc = event->validation->auc;
        s->report.best = event->best;
        send_report(s, LVK_REPORT_EPOCH);
    }
    return !stop_asked;
}

/* Sets the signals of a trial's process. Ctrl-C and a closed terminal reach every process; the search's
 * process decides, and sends SIGTERM. */
static void set_signals(pid_t parent) {
    struct sigaction action = {.sa_handler = ask_to_stop};
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* the parent was killed before prctl() could take effect */
        _exit(1);
}

/* Limits the threads of a trial, since Mesa's software driver and the cpu otherwise use every processor.
 * Variables that the user has set in the environment have precedence. */
static void share_processors(unsigned threads, lvk_device_options *device) {
    char text[16];
    snprintf(text, sizeof text, "%u", threads);
    if (threads)
        (void)setenv("LP_NUM_THREADS", text, 0);
    if (!device->threads && !getenv("OMP_NUM_THREADS"))
        device->threads = threads;
}

static lvk_status work(const lvk_search_pool *pool, const lvk_trial_job *job, sender *s) {
    lvk_device_options options;
    lvk_device *device;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_device_options, &options, pool->device));
    share_processors(pool->threads, &options);
    LVK_TRY(lvk_device_open(&options, &device));
    snprintf(s->report.line, sizeof s->report.line, "%s", lvk_device_get_info(device)->name);
    const lvk_status status = job ? lvk_trial_train(device, job, send_epoch, s) : LVK_OK;
    lvk_device_close(&device);
    return status;
}

static _Noreturn void run_child(const running *r, uint32_t worker_number, const lvk_trial_job *job,
                                pid_t parent) {
    static sender s;
    set_signals(parent);
    close(r->pipe[0]);
    if (r->pool->lock >= 0)
        close(r->pool->lock);
    s.pipe = r->pipe[1];
    s.report.worker = worker_number;
    s.report.trial = job ? job->number : 0;
    lvk_log_set_sink(send_line, &s, job ? LVK_LOG_WARNING : LVK_LOG_INFO);
    s.report.status = work(r->pool, job, &s);
    if (s.report.status != LVK_OK)
        snprintf(s.report.line, sizeof s.report.line, "%s", lvk_error_line(s.report.status));
    send_report(&s, LVK_REPORT_ENDED);
    _exit(0);
}

/* ---- in the search's process ---- */

static void stop(running *r) {
    for (uint32_t i = 0; i < r->pool->workers && !r->stopping; ++i)
        if (r->workers[i].process)
            kill(r->workers[i].process, SIGTERM);
    r->stopping = true;
}

static void fail(running *r, lvk_status status, const char *line) {
    if (r->status == LVK_OK) {
        r->status = status;
        snprintf(r->line, sizeof r->line, "%s", line);
    }
    stop(r);
}

static void tell(running *r, const lvk_report *report) {
    if (r->pool->tell && !r->pool->tell(r->pool->user, report) && !r->stopping)
        fail(r, LVK_ERROR_CANCELLED, "stopped; the same command goes on");
}

static void start(running *r, uint32_t number, const lvk_trial_job *job) {
    const pid_t parent = getpid(), process = fork();
    if (process == 0)
        run_child(r, number, job, parent);
    if (process < 0) {
        fail(r, LVK_ERROR_IO, "cannot start a process for a trial");
        return;
    }
    r->workers[number] = (worker){process, job};
    ++r->busy;
}

static void reap(running *r, uint32_t number) {
    while (waitpid(r->workers[number].process, NULL, 0) < 0 && errno == EINTR)
        continue;
    r->workers[number].process = 0;
    --r->busy;
}

/* Whether a line was logged before. Each trial reads the data set, and logs the same lines about it. */
static bool is_said(running *r, const char *line) {
    char *whole = lvk_format("\n%s\n", line);
    const bool said = whole && r->said.data && strstr(r->said.data, whole);
    if (whole && !said)
        lvk_text_add(&r->said, "%s", whole);
    lvk_free(whole);
    return said;
}

static void take_report(running *r, lvk_report *report) {
    report->line[sizeof report->line - 1] = '\0';
    lvk_text_make_printable(report->line);
    if (report->kind == LVK_REPORT_LOG && report->trial && is_said(r, report->line))
        return;
    if (report->kind == LVK_REPORT_LOG && report->trial)
        lvk_log(report->level, "trial %u: %s", report->trial, report->line);
    else if (report->kind == LVK_REPORT_LOG)
        lvk_log(report->level, "%s", report->line);
    if (report->kind == LVK_REPORT_LOG)
        return;
    if (report->kind == LVK_REPORT_ENDED)
        reap(r, report->worker);
    if (report->kind == LVK_REPORT_ENDED && report->status != LVK_OK)
        fail(r, report->status, report->line);
    else if (report->trial)
        tell(r, report);
    else
        snprintf(r->line, sizeof r->line, "%s", report->line);
}

static void take_reports(running *r) {
    lvk_report report;
    while (read(r->pipe[0], &report, sizeof report) == (ssize_t)sizeof report)
        take_report(r, &report);
}

/* Finds processes that ended without a report. */
static void find_crashed(running *r) {
    for (uint32_t i = 0; i < r->pool->workers; ++i) {
        worker *w = &r->workers[i];
        siginfo_t info = {0};
        if (!w->process || waitid(P_PID, (id_t)w->process, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            !info.si_pid)
            continue;
        take_reports(r); /* its last report may have come only now */
        if (!w->process)
            continue;
        char line[160];
        reap(r, i);
        snprintf(line, sizeof line, "trial %u: its process was ended by %s %d; the same command goes on",
                 w->job ? w->job->number : 0, info.si_code == CLD_EXITED ? "exit status" : "signal",
                 info.si_status);
        fail(r, LVK_ERROR_IO, line);
    }
}

static void fill_workers(running *r) {
    for (uint32_t i = 0; i < r->pool->workers && r->next < r->count && !r->stopping; ++i)
        if (!r->workers[i].process) {
            const lvk_trial_job *job = r->jobs ? &r->jobs[r->next] : NULL;
            ++r->next;
            start(r, i, job);
        }
}

static lvk_status run(running *r) {
    if (pipe(r->pipe) != 0)
        return lvk_fail(LVK_ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    (void)fcntl(r->pipe[0], F_SETFL, O_NONBLOCK);
    for (;;) {
        fill_workers(r);
        if (!r->busy)
            break;
        struct pollfd file = {r->pipe[0], POLLIN, 0};
        (void)poll(&file, 1, IDLE_MILLISECONDS);
        take_reports(r);
        find_crashed(r);
        tell(r, NULL);
    }
    close(r->pipe[0]);
    close(r->pipe[1]);
    lvk_text_finish(&r->said);
    return r->status == LVK_OK ? LVK_OK : lvk_fail(r->status, "%s", r->line);
}

lvk_status lvk_search_pool_run(const lvk_search_pool *pool, const lvk_trial_job *jobs, uint32_t count) {
    return run(&(running){.pool = pool, .jobs = jobs, .count = count});
}

lvk_status lvk_search_pool_check_device(const lvk_search_pool *pool, char name[LVK_SEARCH_POOL_DEVICE_SIZE]) {
    lvk_search_pool alone = *pool;
    running r = {.pool = &alone, .count = 1};
    alone.workers = 1;
    const lvk_status status = run(&r);
    snprintf(name, LVK_SEARCH_POOL_DEVICE_SIZE, "%.*s", LVK_SEARCH_POOL_DEVICE_SIZE - 1,
             status == LVK_OK ? r.line : "");
    return status;
}
