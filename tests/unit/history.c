/* The epochs of a run, read back from metrics.csv. */
#include "support/scratch.h"

#include "core/file.h"
#include "leukvk/history.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(history, .init = scratch_create, .fini = scratch_remove);

static lvk_status read_text(const char *text, lvk_history *history) {
    cr_assert_eq(lvk_file_write(scratch_path("metrics.csv"), text, strlen(text)), LVK_OK);
    return lvk_history_read(scratch_folder, history);
}

Test(history, columns_are_found_by_name_and_missing_scores_are_nan) {
    lvk_history h;
    cr_assert_eq(
        read_text("epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,val_f1_macro,learning_rate\n"
                  "1,0.75,0.5,0.625,0.875,nan,0.1,0.0003\n"
                  "2,0.5,0.75,,,,,0\n",
                  &h),
        LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(h.count, 2);
    const lvk_history_epoch *one = &h.epochs[0], *two = &h.epochs[1];
    cr_expect(one->epoch == 1 && one->train_loss == 0.75 && one->train_accuracy == 0.5);
    cr_expect(one->validation_loss == 0.625 && one->validation_accuracy == 0.875 &&
              isnan(one->validation_auc));
    cr_expect(one->learning_rate == 0.0003);
    cr_expect(two->epoch == 2 && two->train_loss == 0.5 && two->learning_rate == 0);
    cr_expect(isnan(two->validation_loss) && isnan(two->validation_accuracy) && isnan(two->validation_auc));
    lvk_history_finish(&h);
    cr_expect(!h.epochs && h.count == 0);
}

Test(history, other_files_are_refused_by_name) {
    static const char *const wrong[][2] = {
        {"epoch,train_loss\n1,2\n", "has no column train_accuracy"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1,2,x,4,5,6,7\n",
         "metrics.csv:2: x: is no number"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n0,2,3,4,5,6,7\n",
         "metrics.csv:2: 0: is no number of an epoch"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1,2,3,4,5,6,7\n2,2,3,4,5,inf,7\n",
         "metrics.csv:3: inf: is no number of column val_auc"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1,nan,3,4,5,6,7\n",
         "metrics.csv:2: nan: is no number of column train_loss"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1,2,3,1e999,5,6,7\n",
         "metrics.csv:2: 1e999: is no number of column val_loss"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1,2,3,4,nan,6,7\n",
         "metrics.csv:2: nan: is no number of column val_accuracy"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1,2,3,4,5,6,\n",
         "metrics.csv:2: nothing: is no number of column learning_rate"},
        {"epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,learning_rate\n1.5,2,3,4,5,6,7\n",
         "metrics.csv:2: 1.5: is no number of an epoch"},
        {"", "has no column"}};
    lvk_history h;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        cr_expect_eq(read_text(wrong[i][0], &h), LVK_ERROR_FORMAT, "%zu", i);
        cr_expect_not_null(strstr(lvk_error_message(), wrong[i][1]), "%s", lvk_error_message());
        cr_expect(!h.epochs && h.count == 0);
    }
    cr_expect_eq(lvk_history_read(scratch_path("nowhere"), &h), LVK_ERROR_IO);
}
