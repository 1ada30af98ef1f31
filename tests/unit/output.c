/* What may not be overwritten: what is read, images and tables of a data set, files of a run. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "leukvk/app/output.h"

TestSuite(output, .init = tree_create, .fini = tree_remove);

static void write_all(void) {
    static const char *const files[] = {"cells/all/1.png",
                                        "cells/labels.csv",
                                        "cells/split.json",
                                        "run/.lock",
                                        "run/config.json",
                                        "run/model.safetensors",
                                        "run/predictions-test.csv",
                                        "run/mine.csv",
                                        "cv/cv.json",
                                        "cv/.lock",
                                        "cv/predictions.csv",
                                        "cv/split-1.json",
                                        "mine/config.json",
                                        "mine/model.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i)
        tree_write_text(files[i], "x");
    cr_assert_eq(symlink(tree_path("run"), tree_path("link")), 0);
}

static lvk_status check(const char *below, const char *input) {
    const char *const inputs[] = {NULL, tree_path(input)};
    return lvk_output_check(tree_path(below), inputs, 2);
}

Test(output, what_is_read_and_what_a_run_keeps_is_refused) {
    static const struct {
        const char *path, *input, *says; /* NULL: it may be written */
    } cases[] = {
        {"cells/all/1.png", "cells/all/1.png", "is read here"},
        {"cells/all/1.png", "cells", "is an image of"},
        {"cells/labels.csv", "cells", "is a table of"},
        {"cells/split.json", "cells", NULL},
        {"cells/all/2.png", "cells", NULL},
        {"cells/all/1.png", "run", NULL},
        {"run/config.json", "cells", "is a file of the run"},
        {"run/model.safetensors", "run", "is a file of the run"},
        {"run/predictions-test.csv", "run", "is a file of the run"},
        {"link/model.safetensors", "cells", "is a file of the run"},
        {"run/.lock", "cells", "is a file of the run"},
        {"cv/predictions.csv", "cells", "is a file of the run"},
        {"cv/split-1.json", "cells", "is a file of the run"},
        {"run/mine.csv", "run", NULL},
        {"run/new.csv", "run", NULL},
        {"mine/config.json", "cells", NULL}, /* of another program: there is no lock */
        {"mine/model.safetensors", "mine", NULL},
        {"mine/model.safetensors", "mine/model.safetensors", "is read here"},
    };
    write_all();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const lvk_status status = check(cases[i].path, cases[i].input);
        cr_expect_eq(status, cases[i].says ? LVK_ERROR_ARGUMENT : LVK_OK, "%s with %s", cases[i].path,
                     cases[i].input);
        cr_expect(!cases[i].says || strstr(lvk_error_message(), cases[i].says), "%s", lvk_error_message());
    }
    cr_expect_eq(lvk_output_check(NULL, NULL, 0), LVK_OK);
    cr_expect_eq(lvk_output_check("/dev/null", NULL, 0), LVK_OK);
}
