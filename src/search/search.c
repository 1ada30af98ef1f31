#include "leukvk/search.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/parallel.h"
#include "core/text.h"
#include "runtime/ranks.h"
#include "search/run_group.h"
#include "search/search_pool.h"
#include "search/search_space.h"
#include "train/refit.h"
#include "train/settings.h"
#include "train/training_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct lvk_search {
    lvk_search_options options; /* whose texts belong to `settings` */
    lvk_settings settings;      /* those of the first trial */
    lvk_search_space space;
    lvk_trial *trials;
    uint32_t *active, active_count;           /* the numbers of the trials in the round */
    char *folder, *split, *first;             /* paths; `first` is the folder of the first trial */
    char device[LVK_SEARCH_POOL_DEVICE_SIZE]; /* the device's name; "" before it is checked */
    json_t *config;                           /* the contents of search.json */
    int lock;
    lvk_ranks ranks;
    lvk_search_event event;
    lvk_search_callback callback;
    void *user;
};

static const char *const kind_names[] = {"grid", "random", "halving"};

static char *path_of(const lvk_search *s, const char *name) {
    return lvk_path_join(s->folder, name);
}

static char *run_path(const lvk_search *s, uint32_t number) {
    return lvk_format("%s/trial-%03u", s->folder, number);
}

/* ---- making one ---- */

static lvk_status describe_axis(lvk_search *s, const lvk_axis *axis, const char *name) {
    char *key = lvk_format("grid.%s", name), *setting = lvk_strdup(name);
    json_t *values = json_array();
    if (axis->range)
        lvk_json_append(values, json_sprintf("%s..%s", axis->values[0], axis->values[1]));
    for (uint32_t i = 0; i < axis->count && !axis->range; ++i)
        lvk_json_append(values, json_string(axis->values[i]));
    lvk_status status = key && setting ? LVK_OK : LVK_ERROR_MEMORY;
    for (char *dash = setting; dash && (dash = strchr(dash, '-'));)
        *dash = '_';
    if (setting)
        json_object_del(s->config, setting);
    if (status != LVK_OK)
        json_decref(values);
    else if (json_object_set_new(s->config, key, values) != 0)
        status = LVK_ERROR_MEMORY;
    lvk_free(key);
    lvk_free(setting);
    return status;
}

/* Makes the contents of search.json: the settings that identify the search. */
static lvk_status describe(lvk_search *s) {
    s->config = lvk_settings_to_json(&s->settings);
    if (!s->config ||
        json_object_set_new(s->config, "search", json_string(kind_names[s->options.kind])) != 0 ||
        json_object_set_new(s->config, "trials", json_integer(s->options.trials)) != 0)
        return LVK_ERROR_MEMORY;
    for (uint32_t i = 0; i < s->space.axis_count; ++i)
        LVK_TRY(describe_axis(s, &s->space.axes[i], lvk_search_space_name(&s->space, i)));
    return LVK_OK;
}

static lvk_status check_points(lvk_search *s) {
    for (uint32_t point = 0; point < s->space.point_count; ++point) {
        lvk_train_options options = s->options.train;
        lvk_settings settings;
        lvk_search_space_apply(&s->space, point, &options);
        LVK_TRY(lvk_settings_init(&settings, &options));
        if (point == 0)
            s->settings = settings;
        else
            lvk_settings_finish(&settings);
        lvk_search_space_trim(&s->space, &options);
        LVK_TRY(lvk_settings_check_use(&options));
    }
    return LVK_OK;
}

static lvk_status name_folder(lvk_search *s) {
    if (s->options.folder) {
        s->folder = lvk_strdup(s->options.folder);
        return s->folder ? LVK_OK : LVK_ERROR_MEMORY;
    }
    char *name = lvk_format("search-%s", s->settings.options.model);
    const lvk_status status = name ? lvk_run_folder_create_default(name, &s->folder) : LVK_ERROR_MEMORY;
    lvk_free(name);
    return status;
}

static lvk_status init(lvk_search *s) {
    const lvk_search_options *o = &s->options;
    if (o->jobs < 1 || o->jobs > LVK_SEARCH_MAX_JOBS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--jobs %u: must be from 1 to %d", o->jobs, LVK_SEARCH_MAX_JOBS);
    if (o->train.validation == 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--fractions 0,%g: a search compares trials by validation images",
                        o->train.test);
    LVK_TRY(lvk_search_space_init(&s->space, o));
    LVK_TRY(check_points(s));
    s->options.train = s->settings.options; /* whose texts are owned */
    LVK_TRY(describe(s));
    const uint32_t count = s->space.point_count;
    s->trials = lvk_alloc(count, sizeof *s->trials);
    s->active = lvk_alloc(count, sizeof *s->active);
    return s->trials && s->active ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_search_create(const lvk_search_options *options, lvk_search **search) {
    lvk_search_options taken;
    *search = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_search_options, &taken, options));
    lvk_search *s = *search = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    s->options = taken;
    s->options.train.refit = false; /* of each trial */
    if (strcmp(s->options.train.keep, "auto") == 0)
        s->options.train.keep = "best"; /* a trial is as good as its best epoch */
    s->lock = -1;
    s->ranks.size = 1;
    lvk_status status = init(s);
    if (status == LVK_OK && taken.folder)
        status = name_folder(s);
    s->options.axes = NULL; /* they belong to the caller */
    s->options.folder = NULL;
    if (status != LVK_OK)
        lvk_search_destroy(search);
    return status;
}

void lvk_search_destroy(lvk_search **search) {
    lvk_search *s = search ? *search : NULL;
    if (!s)
        return;
    *search = NULL;
    if (s->lock >= 0)
        close(s->lock);
    lvk_search_space_finish(&s->space);
    lvk_settings_finish(&s->settings);
    json_decref(s->config);
    lvk_free(s->trials);
    lvk_free(s->active);
    lvk_free(s->folder);
    lvk_free(s->split);
    lvk_free(s->first);
    lvk_free(s);
}

/* ---- looking at it ---- */

uint32_t lvk_search_trial_count(const lvk_search *search) {
    return search->space.point_count;
}

uint32_t lvk_search_axis_count(const lvk_search *search) {
    return search->space.axis_count;
}

const char *lvk_search_axis_name(const lvk_search *search, uint32_t axis) {
    return lvk_search_space_name(&search->space, axis);
}

const char *lvk_search_value(const lvk_search *search, uint32_t trial, uint32_t axis) {
    return lvk_search_space_value(&search->space, trial - 1, axis);
}

const char *lvk_search_folder(const lvk_search *search) {
    return search->folder ? search->folder : "";
}

lvk_train_options lvk_search_trial_options(const lvk_search *search, uint32_t trial) {
    lvk_train_options options = search->options.train;
    lvk_search_space_apply(&search->space, trial - 1, &options);
    lvk_search_space_trim(&search->space, &options);
    options.run = NULL;
    options.split = search->split;
    return options;
}

const lvk_trial *lvk_search_trial(const lvk_search *search, uint32_t trial) {
    return &search->trials[trial - 1];
}

bool lvk_search_is_first(const lvk_search *search) {
    return search->ranks.rank == 0;
}

/* The number by which trials are ranked, the lowest first. */
static double rank_loss(const lvk_trial *t) {
    return t->outcome == LVK_TRIAL_DIVERGED || t->best_epoch == 0 ? (double)INFINITY : t->validation_loss;
}

/* Sorts trials by insertion, which keeps the order of ties. */
static void rank(const lvk_search *s, uint32_t *order, uint32_t count) {
    for (uint32_t i = 1; i < count; ++i) {
        const uint32_t number = order[i];
        uint32_t at = i;
        for (; at > 0 && rank_loss(&s->trials[order[at - 1] - 1]) > rank_loss(&s->trials[number - 1]); --at)
            order[at] = order[at - 1];
        order[at] = number;
    }
}

void lvk_search_rank(const lvk_search *search, uint32_t *order) {
    for (uint32_t i = 0; i < search->space.point_count; ++i)
        order[i] = i + 1;
    rank(search, order, search->space.point_count);
}

/* ---- files ---- */

static lvk_run_group group_of(const lvk_search *s) {
    return (lvk_run_group){.what = "search", .file = "search.json", .config = s->config};
}

static lvk_status open_folder(lvk_search *s) {
    const lvk_run_group group = group_of(s);
    if (!s->folder)
        LVK_TRY(name_folder(s));
    return lvk_run_group_open(&group, s->folder, &s->lock);
}

static lvk_status name_files(lvk_search *s) {
    lvk_free(s->split);
    lvk_free(s->first);
    s->split = path_of(s, "split.json");
    s->first = run_path(s, 1);
    return s->split && s->first ? LVK_OK : LVK_ERROR_MEMORY;
}

/* Makes the split, or reads the existing one, which must fit the data. It runs before the folder is created,
 * so that everything that can be refused is refused then. */
static lvk_status make_split(lvk_search *s, const lvk_dataset *dataset) {
    const lvk_train_options *o = &s->options.train;
    const lvk_split_options options = {.seed = o->seed,
                                       .by_image = strcmp(o->group, "none") == 0,
                                       .validation = o->validation,
                                       .test = o->test > 0 ? o->test : -1};
    lvk_split *split;
    LVK_TRY(lvk_split_create(dataset, &options, &split));
    lvk_status status = open_folder(s);
    if (status == LVK_OK)
        status = name_files(s);
    if (status == LVK_OK && lvk_path_is_file(s->split)) {
        lvk_split_destroy(&split);
        status = lvk_split_read(s->split, dataset, &split);
    } else if (status == LVK_OK) {
        status = lvk_split_write(split, s->split);
    }
    lvk_split_destroy(&split);
    return status;
}

static void tell_classes(const lvk_dataset *dataset) {
    const size_t positive = (size_t)lvk_dataset_positive_class(dataset);
    if (lvk_dataset_class_count(dataset) == 2)
        lvk_log(LVK_LOG_INFO, "positive class: %s, negative class: %s",
                lvk_dataset_class_name(dataset, positive), lvk_dataset_class_name(dataset, 1 - positive));
    else
        lvk_log(LVK_LOG_INFO, "%zu classes", lvk_dataset_class_count(dataset));
}

static lvk_status prepare(lvk_search *s) {
    const lvk_run_group group = group_of(s);
    lvk_dataset *dataset;
    LVK_TRY(s->folder ? lvk_run_group_check(&group, s->folder) : LVK_OK);
    LVK_TRY(lvk_training_data_read(&s->options.train, &dataset));
    tell_classes(dataset);
    lvk_status status = s->options.refit ? lvk_refit_check(dataset) : LVK_OK;
    if (status == LVK_OK)
        status = make_split(s, dataset);
    lvk_dataset_destroy(&dataset);
    return status;
}

static void add_number(lvk_text *text, double value) {
    lvk_text_add(text, ",");
    if (isfinite(value))
        lvk_text_add_number(text, value, 9);
}

static lvk_status write_table(const lvk_search *s) {
    static const char *const outcomes[] = {"open", "finished", "dropped", "diverged"};
    lvk_text text = {0};
    lvk_text_add(&text, "trial");
    for (uint32_t axis = 0; axis < s->space.axis_count; ++axis)
        lvk_text_add(&text, ",%s", lvk_search_axis_name(s, axis));
    lvk_text_add(&text, ",outcome,trained_epochs,best_epoch,val_loss,val_auc,val_f1_weighted,test_auc\n");
    for (uint32_t number = 1; number <= s->space.point_count; ++number) {
        const lvk_trial *t = lvk_search_trial(s, number);
        lvk_text_add(&text, "%u", number);
        for (uint32_t axis = 0; axis < s->space.axis_count; ++axis) {
            lvk_text_add(&text, ",");
            lvk_text_add_csv(&text, lvk_search_value(s, number, axis));
        }
        lvk_text_add(&text, ",%s,%u,%u", outcomes[t->outcome], t->epochs, t->best_epoch);
        add_number(&text, t->validation_loss);
        add_number(&text, t->validation_auc);
        add_number(&text, t->validation_f1_weighted);
        add_number(&text, t->test_auc);
        lvk_text_add(&text, "\n");
    }
    char *path = path_of(s, "trials.csv");
    const lvk_status status =
        path && !text.failed ? lvk_file_write(path, text.data, text.length) : LVK_ERROR_MEMORY;
    lvk_text_finish(&text);
    lvk_free(path);
    return status;
}

/* ---- running ---- */

static lvk_status stopped(void) {
    return lvk_fail(LVK_ERROR_CANCELLED, "stopped; the same command goes on");
}

static bool tell(lvk_search *s, lvk_search_event_kind kind) {
    s->event.kind = kind;
    return !s->callback || s->callback(s->user, &s->event);
}

static lvk_status read_trial(lvk_search *s, uint32_t number, uint32_t epochs, bool *done) {
    char *run = run_path(s, number);
    const lvk_status status =
        run ? lvk_trial_read(run, epochs, &s->trials[number - 1], done) : LVK_ERROR_MEMORY;
    lvk_free(run);
    return status;
}

/* Refuses a trial that was begun with other settings, which would be ranked as what it is not. */
static lvk_status check_trial(const lvk_search *s, uint32_t number) {
    const lvk_run_group group = group_of(s);
    const lvk_train_options options = lvk_search_trial_options(s, number);
    char *run = run_path(s, number);
    const lvk_status status = run ? lvk_run_group_check_run(&group, &options, run) : LVK_ERROR_MEMORY;
    lvk_free(run);
    return status;
}

/* Tells that a trial has the epochs of this round. */
static bool tell_done(lvk_search *s, uint32_t number, bool kept) {
    const lvk_trial *t = lvk_search_trial(s, number);
    ++s->event.done;
    s->event.trial = number;
    s->event.kept = kept;
    s->event.loss = t->outcome == LVK_TRIAL_DIVERGED ? (double)NAN : t->validation_loss;
    s->event.auc = t->outcome == LVK_TRIAL_DIVERGED ? (double)NAN : t->validation_auc;
    return tell(s, LVK_SEARCH_TRIAL);
}

static bool take_report(void *user, const lvk_report *report) {
    lvk_search *s = user;
    if (!report)
        return tell(s, LVK_SEARCH_IDLE);
    if (report->kind == LVK_REPORT_ENDED) {
        bool done; /* a failure to read is reported at the end of the round */
        return read_trial(s, report->trial, 0, &done) != LVK_OK || tell_done(s, report->trial, false);
    }
    s->event.trial = report->trial;
    s->event.epoch = report->epoch;
    s->event.epochs = report->epochs;
    s->event.loss = report->loss;
    s->event.auc = report->auc;
    s->event.best = report->best;
    return tell(s, LVK_SEARCH_EPOCH);
}

/* The number of processors for each trial. */
static unsigned threads_each(const lvk_search *s) {
    const unsigned all = lvk_thread_count(s->options.train.threads);
    return all > s->options.jobs ? all / s->options.jobs : 1;
}

/* Makes the jobs of this rank: for the round's trials number `rank`, `rank` + `ranks` and so on. Trials that
 * were done before need no job, and are told at once. */
static lvk_status fill_jobs(lvk_search *s, uint32_t epochs, lvk_trial_job *jobs, uint32_t *count) {
    for (uint32_t i = s->ranks.rank; i < s->active_count; i += s->ranks.size) {
        const uint32_t number = s->active[i];
        bool done;
        LVK_TRY(check_trial(s, number));
        LVK_TRY(read_trial(s, number, epochs, &done));
        if (done) {
            if (!tell_done(s, number, true))
                return stopped();
            continue;
        }
        lvk_trial_job *job = &jobs[(*count)++];
        *job = (lvk_trial_job){.number = number,
                               .run = run_path(s, number),
                               .search = s->folder,
                               .first = s->first,
                               .split = s->split,
                               .options = lvk_search_trial_options(s, number)};
        job->epochs = epochs ? epochs : job->options.epochs;
        job->options.threads = threads_each(s);
        if (!job->run)
            return LVK_ERROR_MEMORY;
    }
    return LVK_OK;
}

/* Trains the round's trials to `epochs` (0: to the end), and reads their results. */
static lvk_status run_round(lvk_search *s, const lvk_search_pool *pool, uint32_t epochs) {
    uint32_t count = 0;
    lvk_trial_job *jobs = lvk_alloc(s->active_count, sizeof *jobs);
    lvk_status status = jobs ? fill_jobs(s, epochs, jobs, &count) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_search_pool_run(pool, jobs, count);
    for (uint32_t i = 0; i < count; ++i)
        lvk_free(jobs[i].run);
    lvk_free(jobs);
    status = lvk_ranks_agree(&s->ranks, status);
    for (uint32_t i = 0; i < s->active_count && status == LVK_OK; ++i) {
        bool done;
        status = read_trial(s, s->active[i], epochs, &done);
        if (status == LVK_OK && !done)
            status = lvk_fail(LVK_ERROR_IO, "%s: trial %u is not done", s->folder, s->active[i]);
    }
    return status;
}

/* Keeps the better half of the trials, the best first. */
static void halve(lvk_search *s) {
    const uint32_t left = (s->active_count + 1) / 2;
    rank(s, s->active, s->active_count);
    for (uint32_t i = left; i < s->active_count; ++i)
        if (s->trials[s->active[i] - 1].outcome == LVK_TRIAL_OPEN)
            s->trials[s->active[i] - 1].outcome = LVK_TRIAL_DROPPED;
    s->active_count = left;
}

static lvk_status run_rounds(lvk_search *s, const lvk_search_pool *pool) {
    const bool halving = s->options.kind == LVK_SEARCH_HALVING;
    const uint32_t most = s->options.train.epochs, rounds = halving ? lvk_halving_rounds(s->active_count) : 1;
    s->event.rounds = rounds;
    for (uint32_t i = 0; i < rounds; ++i) {
        const uint32_t epochs = lvk_halving_epochs(most, i, rounds);
        s->event.round = i + 1;
        s->event.trials = (s->active_count + s->ranks.size - 1 - s->ranks.rank) / s->ranks.size;
        s->event.done = 0;
        s->event.epochs = epochs;
        lvk_status status = tell(s, LVK_SEARCH_ROUND) ? LVK_OK : stopped();
        LVK_TRY(lvk_ranks_agree(&s->ranks, status));
        status = run_round(s, pool, i + 1 < rounds ? epochs : 0);
        if (status == LVK_OK && i + 1 < rounds)
            halve(s);
        if (status == LVK_OK && s->ranks.rank == 0)
            status = write_table(s);
        LVK_TRY(lvk_ranks_agree(&s->ranks, status));
    }
    return LVK_OK;
}

/* Opens the search's folder. The first rank creates folder and split. */
static lvk_status open_search(lvk_search *s, const lvk_search_pool *pool) {
    if (s->ranks.size > 1 && !s->folder)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%u ranks need the same folder: --out FOLDER", s->ranks.size);
    const lvk_run_group group = group_of(s);
    if (s->folder)
        LVK_TRY(lvk_run_group_check(&group, s->folder));
    if (!*s->device)
        LVK_TRY(lvk_search_pool_check_device(pool, s->device));
    return s->ranks.rank == 0 ? prepare(s) : name_files(s);
}

uint32_t lvk_search_trial_threads(const lvk_search *s) {
    return s->options.jobs > 1 ? threads_each(s) : 0;
}

static lvk_search_pool pool_of(lvk_search *s, const lvk_device_options *device) {
    return (lvk_search_pool){.device = device,
                             .workers = s->options.jobs,
                             .threads = lvk_search_trial_threads(s),
                             .lock = -1,
                             .tell = take_report,
                             .user = s};
}

lvk_status lvk_search_check_device(lvk_search *s, const lvk_device_options *device) {
    const lvk_search_pool pool = pool_of(s, device);
    LVK_TRY(lvk_ranks_join(&s->ranks));
    return lvk_ranks_agree(&s->ranks, lvk_search_pool_check_device(&pool, s->device));
}

const char *lvk_search_device(const lvk_search *search) {
    return search->device;
}

lvk_status lvk_search_run(lvk_search *s, const lvk_device_options *device, lvk_search_callback callback,
                          void *user) {
    lvk_search_pool pool = pool_of(s, device);
    s->callback = callback;
    s->user = user;
    for (s->active_count = 0; s->active_count < s->space.point_count; ++s->active_count)
        s->active[s->active_count] = s->active_count + 1;
    LVK_TRY(lvk_ranks_join(&s->ranks));
    LVK_TRY(lvk_ranks_agree(&s->ranks, open_search(s, &pool)));
    pool.lock = s->lock;
    LVK_TRY(run_rounds(s, &pool));
    for (uint32_t i = 0; i < s->space.point_count; ++i)
        if (isfinite(rank_loss(&s->trials[i])))
            return LVK_OK;
    return lvk_fail(LVK_ERROR_NUMERIC, "%s: every trial diverged; try lower learning rates", s->folder);
}

lvk_status lvk_search_refit(const lvk_search *s, lvk_device *device, uint32_t trial,
                            lvk_train_callback callback, void *user, double *temperature) {
    lvk_train_options options = lvk_search_trial_options(s, trial);
    lvk_dataset *dataset;
    LVK_TRY(lvk_training_data_read(&options, &dataset));
    options.dataset = dataset;
    char *evaluated = run_path(s, trial);
    const lvk_refit_source source = {.parent = s->folder,
                                     .runs = (const char *const *)&evaluated,
                                     .count = 1,
                                     .epochs = s->trials[trial - 1].best_epoch};
    lvk_status status = evaluated ? lvk_refit_check(dataset) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_refit(device, &options, &source, callback, user, temperature);
    lvk_free(evaluated);
    lvk_dataset_destroy(&dataset);
    return status == LVK_ERROR_CANCELLED
               ? lvk_fail(status, "%s: stopped in the training on all images; the same command goes on",
                          s->folder)
               : status;
}
