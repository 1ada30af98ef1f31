/* leukvk bench: how fast this device is. */
#include "options.h"
#include "profile_table.h"
#include "ui/format.h"
#include "ui/json_text.h"
#include "ui/output.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <math.h>

static const char documentation[] =
    "Measures the speed of a device on random images; no data set is needed. WORK is one of:\n"
    "  w1  training step of the cnn (forward, backward, Adam), batch 32\n"
    "  w2  inference of the cnn, batch 32\n"
    "  w3  features by ResNet50, batch 8\n"
    "  w4  training step of the whole ResNet50, batch 8\n"
    "Each step is timed on its own, after two warm-up steps; median, fastest and slowest are printed. The "
    "images/s by processor time are what the processor would reach if it did nothing else; compare these on a "
    "busy machine."
    "\v"
    "Examples:\n"
    "  leukvk bench w1\n"
    "  leukvk bench w2 --batch 1 --device 1\n"
    "  leukvk bench w1 --profile --trace trace.json\n"
    "  leukvk bench w1 --steps 20 --json\n"
    "\n"
    "GFLOP/s count the arithmetic of the direct algorithm, whatever the kernel computes; GB/s count each tensor "
    "of an operator as read or written once. A trace can be opened in ui.perfetto.dev.\n";

enum { OPTION_BATCH = 256, OPTION_STEPS, OPTION_SECONDS, OPTION_PROFILE, OPTION_TRACE, OPTION_JSON };

static const struct argp_option options[] = {
    OPTION_HEADING("Measurement:", GROUP_WORK),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"batch", OPTION_BATCH, "N", 0, "Batch size (32; w3 and w4: 8)", GROUP_WORK},
    {"steps", OPTION_STEPS, "N", 0, "Number of steps to measure (as many as fit into --seconds, at least 5)",
     GROUP_WORK},
    {"seconds", OPTION_SECONDS, "N", 0, "Seconds to measure for (10)", GROUP_WORK},
    {"profile", OPTION_PROFILE, NULL, 0,
     "Also profile three steps, and print the time of each operator in the fastest one", GROUP_OUTPUT},
    {"trace", OPTION_TRACE, "FILE", 0, "Write the profile as a trace to FILE (JSON); -: to standard output",
     GROUP_OUTPUT},
    {"json", OPTION_JSON, NULL, 0, "Print JSON", GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    lvk_bench_options bench;
    const char *trace;
    bool json, table;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        return 0;
    case OPTION_BATCH:
        a->bench.batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_STEPS:
        a->bench.steps = (uint32_t)option_count(state, "steps", text, 1, 100000);
        return 0;
    case OPTION_SECONDS:
        a->bench.seconds = (double)option_count(state, "seconds", text, 1, 3600);
        return 0;
    case OPTION_PROFILE:
        a->table = true;
        return 0;
    case OPTION_TRACE:
        a->trace = output_path(text);
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->bench.work)
            argp_failure(state, EXIT_USAGE, 0, "one WORK at a time, not also %s", text);
        a->bench.work = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->bench.work)
            argp_failure(state, EXIT_USAGE, 0,
                         "which work? w1, w2, w3 or w4 (leukvk bench --help tells more)");
        if (a->json && a->table)
            argp_failure(state, EXIT_USAGE, 0,
                         "--profile prints a table; with --json, name a file: --trace FILE");
        if (a->bench.steps)
            option_refuse(state, (const char *const[]){"seconds", NULL}, "has no effect with --steps");
        a->bench.profile = a->table || a->trace;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void spread_row(table *t, const char *what, const lvk_bench_spread *spread, double factor) {
    table_cell(t, "%s", what);
    table_cell(t, "%.2f", factor * spread->median);
    table_cell(t, "%.2f", factor * spread->least);
    table_cell(t, "%.2f", factor * spread->most);
}

static void print_text(const lvk_bench_result *r) {
    char first[FORMAT_SIZE], process[FORMAT_SIZE], memory[FORMAT_SIZE], speed[FORMAT_SIZE];
    printf("%s: %s, batch %" PRIu32 ", %" PRIu32 " steps\n\n", r->work.name, r->work.summary, r->batch,
           r->steps);
    table t = {0};
    table_column(&t, "");
    table_number_column(&t, "median");
    table_number_column(&t, "min");
    table_number_column(&t, "max");
    spread_row(&t, "images/s", &r->images_per_second, 1);
    spread_row(&t, "ms a step", &r->step_seconds, 1e3);
    table_print(&t, stdout);
    table_finish(&t);
    printf("\n%s at the median; the first step took %s\n",
           format_scaled(speed, r->flops_per_second, "FLOP/s"),
           format_duration(first, r->first_step_seconds));
    if (!isnan(r->cpu_images_per_second))
        printf("by processor time %.2f images/s\n", r->cpu_images_per_second);
    printf("peak memory %s, peak device memory %s\n", format_bytes(process, r->process_memory_peak),
           format_bytes(memory, r->device_memory_peak));
}

static void print_json_spread(const char *name, const lvk_bench_spread *spread, double factor) {
    printf("\"%s\": {\"median\": %.6g, \"min\": %.6g, \"max\": %.6g}, ", name, factor * spread->median,
           factor * spread->least, factor * spread->most);
}

static void print_json(const lvk_bench_result *r, const lvk_device_info *device) {
    printf("{\"program\": \"leukvk\", \"version\": \"%s\", \"work\": \"%s\", \"batch\": %" PRIu32
           ", \"steps\": %" PRIu32 ", ",
           lvk_version(), r->work.name, r->batch, r->steps);
    print_json_spread("images_per_s", &r->images_per_second, 1);
    print_json_spread("step_ms", &r->step_seconds, 1e3);
    if (isnan(r->cpu_images_per_second))
        printf("\"cpu_images_per_s\": null, ");
    else
        printf("\"cpu_images_per_s\": %.6g, ", r->cpu_images_per_second);
    printf("\"first_step_ms\": %.6g, \"gflops_per_s\": %.6g, \"peak_rss_mib\": %.1f, "
           "\"device_memory_peak_mib\": %.1f, \"device\": ",
           1e3 * r->first_step_seconds, 1e-9 * r->flops_per_second,
           (double)r->process_memory_peak / (1 << 20), (double)r->device_memory_peak / (1 << 20));
    print_json_text(device->name);
    printf(", \"driver\": ");
    print_json_text(device->driver);
    printf("}\n");
}

static int print_result(const arguments *a, const lvk_bench_result *result, const lvk_device *device) {
    if (a->json)
        print_json(result, lvk_device_get_info(device));
    else
        print_text(result);
    if (a->table) {
        printf("\n");
        profile_print(result->profile);
    }
    if (!a->trace)
        return LVK_OK;
    const int status = lvk_profile_write_trace(result->profile, a->trace);
    if (status == LVK_OK && !a->json)
        printf("\ntrace: %s\n", shown(a->trace));
    return status;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "WORK", documentation, children, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    output_check("trace", a.trace, NULL, 0);
    lvk_device *device;
    lvk_bench_result result;
    int status = option_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    option_device_tell(&a.device, device);
    status = lvk_bench(device, &a.bench, &result);
    if (status == LVK_OK)
        status = print_result(&a, &result, device);
    const int exit_status = status == LVK_OK ? EXIT_OK : report_mistake(status);
    lvk_bench_finish(&result);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_bench;
const verb verb_bench = {"bench", "measure how fast a device is, and where the time goes", run};
