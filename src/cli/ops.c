/* leukvk ops: what is covered. */
#include "options.h"
#include "ui/table.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static const char documentation[] =
    "Lists the operators: whether they have Vulkan kernels and a gradient, and their kernels, the preferred one "
    "first. All have a reference in plain C."
    "\v"
    "Examples:\n"
    "  leukvk ops\n"
    "  leukvk ops --markdown\n";

enum { OPTION_MARKDOWN = 256 };
static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"markdown", OPTION_MARKDOWN, NULL, 0, "Print a Markdown table, that of docs/operators.md", GROUP_OUTPUT},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state) {
    (void)text;
    if (key != OPTION_MARKDOWN)
        return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

static void candidates_text(const lvk_operator_info *info, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < info->candidate_count; ++i) {
        const size_t length = strlen(text);
        snprintf(text + length, size - length, i ? ", %s" : "%s", info->candidates[i]);
    }
    if (info->candidate_count == 0)
        snprintf(text, size, "(a view: nothing to compute)");
}

static void print_markdown(void) {
    lvk_operator_info info;
    char candidates[512];
    puts(
        "| operator | computes | reference | vulkan | gradient | kernel candidates |\n|---|---|---|---|---|---|");
    for (size_t i = 0; lvk_operator_describe(i, &info); ++i) {
        candidates_text(&info, candidates, sizeof candidates);
        printf("| `%s` | %s | yes | %s | %s | %s |\n", info.name, info.summary, info.vulkan ? "yes" : "no",
               info.gradient ? "yes" : "–", candidates);
    }
}

static void print_table(void) {
    lvk_operator_info info;
    char candidates[512];
    table t = {0};
    table_column(&t, "operator");
    table_column(&t, "reference");
    table_column(&t, "vulkan");
    table_column(&t, "gradient");
    table_column(&t, "kernel candidates");
    for (size_t i = 0; lvk_operator_describe(i, &info); ++i) {
        candidates_text(&info, candidates, sizeof candidates);
        table_cell(&t, "%s", info.name);
        table_cell(&t, "yes");
        table_cell(&t, "%s", info.vulkan ? "yes" : "no");
        table_cell(&t, "%s", info.gradient ? "yes" : "-");
        table_cell(&t, "%s", candidates);
    }
    table_print(&t, stdout);
    table_finish(&t);
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, NULL, documentation, NULL, NULL, NULL};
    bool markdown = false;
    parse_arguments(&parser, argc, argv, &markdown);
    if (markdown)
        print_markdown();
    else
        print_table();
    return EXIT_OK;
}

extern const verb verb_ops;
const verb verb_ops = {"ops", "list the operators and their kernels", run};
