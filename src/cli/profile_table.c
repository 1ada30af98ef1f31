#include "profile_table.h"

#include "ui/format.h"
#include "ui/table.h"

/* Time in ms and as a share of the step. */
static void time_cells(table *t, const lvk_profile *profile, double seconds) {
    table_cell(t, "%.3f", 1e3 * seconds);
    table_cell(t, "%.1f %%", profile->step > 0 ? 100 * seconds / profile->step : 0);
}

static void rate_cell(table *t, double amount, double seconds, int decimals) {
    if (amount > 0 && seconds > 0)
        table_cell(t, "%.*f", decimals, 1e-9 * amount / seconds);
    else
        table_cell(t, "%s", "");
}

static void operator_row(table *t, const lvk_profile *profile, const lvk_profile_row *row) {
    table_cell(t, "%s", row->label);
    table_cell(t, "%s", row->op);
    table_cell(t, "%s", *row->candidate ? row->candidate : "plain C");
    time_cells(t, profile, row->seconds);
    rate_cell(t, row->flops, row->seconds, 1);
    rate_cell(t, row->bytes, row->seconds, 2);
}

static void rest_row(table *t, const lvk_profile *profile, const char *what, double seconds) {
    table_cell(t, "%s", what);
    table_cell(t, "%s", "");
    table_cell(t, "%s", "");
    time_cells(t, profile, seconds);
    table_cell(t, "%s", "");
    table_cell(t, "%s", "");
}

void profile_print(const lvk_profile *profile) {
    table t = {0};
    double flops = 0;
    table_column(&t, "node");
    table_column(&t, "operator");
    table_column(&t, "kernel");
    table_number_column(&t, "ms");
    table_number_column(&t, "share");
    table_number_column(&t, "GFLOP/s");
    table_number_column(&t, "GB/s");
    for (size_t i = 0; i < profile->row_count; ++i) {
        operator_row(&t, profile, &profile->rows[i]);
        flops += profile->rows[i].flops;
    }
    table_rule(&t);
    table_cell(&t, "all operators");
    table_cell(&t, "%s", "");
    table_cell(&t, "%s", "");
    time_cells(&t, profile, profile->operators);
    rate_cell(&t, flops, profile->operators, 1);
    table_cell(&t, "%s", "");
    rest_row(&t, profile, "launching, copying", profile->launching);
    rest_row(&t, profile, "upload", profile->phases[LVK_PHASE_UPLOAD]);
    rest_row(&t, profile, "download", profile->phases[LVK_PHASE_DOWNLOAD]);
    rest_row(&t, profile, "waiting for images", profile->phases[LVK_PHASE_WAIT]);
    rest_row(&t, profile, "host", profile->phases[LVK_PHASE_PREPARE] + profile->phases[LVK_PHASE_FINISH]);
    table_rule(&t);
    rest_row(&t, profile, "step", profile->step);
    table_print(&t, stdout);
    table_finish(&t);
}
