/* What the command line says to people who type wrong things: one line, which names what is wrong, and an
 * exit status. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */

static const char *const verbs[] = {"data",         "train",  "cv",      "tune",    "predict",  "eval",
                                    "summary",      "ops",    "devices", "synth",   "selftest", "bench",
                                    "tune-kernels", "import", "export",  "augment", "crop",     "calibrate",
                                    "serve",        "watch",  "explain", "report"};

Test(command_line, every_verb_has_help_with_examples) {
    program_run(&result, "--help");
    cr_expect_eq(result.exit_status, 0);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; ++i) {
        cr_expect_not_null(strstr(result.out, verbs[i]), "leukvk --help does not name %s", verbs[i]);
        static program_result help;
        program_run(&help, "%s --help", verbs[i]);
        cr_expect_eq(help.exit_status, 0, "%s --help", verbs[i]);
        cr_expect_not_null(strstr(help.out, "Examples:"), "%s --help has no examples", verbs[i]);
        cr_expect_not_null(strstr(help.out, "leukvk"), "%s --help", verbs[i]);
    }
}

/* A line of --help that begins an option's entry, but those that every verb has. */
static bool is_option(const char *line) {
    return (strncmp(line, "      --", 8) == 0 || strncmp(line, "  -", 3) == 0) &&
           strncmp(line, "  -h, ", 6) != 0 && strncmp(line, "  -q, ", 6) != 0;
}

/* " Output:" and the like. */
static bool is_heading(const char *line, size_t length) {
    return length > 2 && line[0] == ' ' && line[1] >= 'A' && line[1] <= 'Z' && line[length - 1] == ':';
}

/* Columns: bytes that begin a character. */
static int columns(const char *line, size_t length) {
    int count = 0;
    for (size_t i = 0; i < length; ++i)
        count += ((unsigned char)line[i] & 0xC0) != 0x80;
    return count;
}

/* `leukvk ARGUMENTS` prints help for a terminal of 80 columns: no line is longer, no command is broken where a shell does
 * not go on, and options stand below headings. */
static void expect_readable(const char *arguments) {
    bool heading = false, examples = false, indented = false;
    program_run(&result, "%s", arguments);
    for (const char *line = result.out; *line;) {
        const size_t length = strcspn(line, "\n");
        const int shown = (int)length;
        cr_expect_leq(columns(line, length), 79, "leukvk %s: a line is too long: %.*s", arguments, shown,
                      line);
        cr_expect(length == 0 || line[length - 1] != ' ', "leukvk %s: a line ends in blanks: '%.*s'",
                  arguments, shown, line);
        heading = heading || is_heading(line, length);
        cr_expect(heading || examples || !is_option(line), "leukvk %s: an option has no heading: %.*s",
                  arguments, shown, line);
        examples = examples || strncmp(line, "Examples:", 9) == 0;
        cr_expect_not(examples && indented && length && *line != ' ', "leukvk %s: an example is broken: %.*s",
                      arguments, shown, line);
        indented = *line == ' ';
        line += length + (line[length] == '\n');
    }
}

Test(command_line, help_fits_a_terminal) {
    expect_readable("--help");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; ++i) {
        char arguments[64];
        snprintf(arguments, sizeof arguments, "%s --help", verbs[i]);
        expect_readable(arguments);
    }
}

/* Line breaks and indentation are argp's: words with single spaces. */
static const char *help_words(const char *verb) {
    static char words[sizeof result.out];
    char *to = words;
    program_run(&result, "%s --help", verb);
    for (const char *from = result.out; *from; ++from)
        if (*from != ' ' && *from != '\n')
            *to++ = *from;
        else if (to > words && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    return words;
}

Test(command_line, options_of_a_training_are_in_groups_with_their_defaults) {
    static const char *const verbs_that_train[] = {"train", "cv", "tune"};
    static const char *const says[] = {
        " Data: ",
        " Model: ",
        " Training: ",
        " Output: ",
        "--epochs=N Maximum number of passes over the training images (10) ",
        "--batch=N, --batch-size=N Batch size, images per step (32) ",
        "--learning-rate=X, --lr=X Initial learning rate (0.0003) ",
        ("--patience=N Early stopping: stop after N epochs without a lower validation loss, and keep the best epoch; 0: train "
         "all epochs (0) "),
        "--seed=N Random seed for split, initial weights, order, augmentation, dropout (1) ",
        "--recipe=NAME Preset that other options override: default, ",
        "keras, the Keras work that leukvk began with (--model cnn ",
        " --epochs 20 --patience 3) (default) ",
        "--head=LAYERS ResNets only: ",
        "none: random weights ",
        "--momentum=X sgd only: ",
    };
    for (size_t v = 0; v < sizeof verbs_that_train / sizeof *verbs_that_train; ++v) {
        const char *words = help_words(verbs_that_train[v]);
        for (size_t i = 0; i < sizeof says / sizeof *says; ++i)
            cr_expect_not_null(strstr(words, says[i]), "%s --help does not say '%s'", verbs_that_train[v],
                               says[i]);
    }
    cr_expect_not_null(strstr(help_words("tune"), "zoom, color, stain, dropout, head, epochs"),
                       "what --grid takes");
}

/* The last line of what went to standard error, with its end: what is wrong, and no advice of getopt or argp behind it. */
static const char *last_line(void) {
    const char *line = result.err;
    for (const char *end = strchr(line, '\n'); end && end[1]; end = strchr(line, '\n'))
        line = end + 1;
    return line;
}

Test(command_line, what_makes_no_sense_is_named) {
    static const struct {
        const char *arguments;
        int exit_status;
        const char *says;
    } mistakes[] = {
        {"", 2, "Not a medical device."},
        {"trian", 2, "no verb 'trian'; did you mean train?"},
        {"help sumary", 2, "no verb 'sumary'; did you mean summary?"},
        {"xyz", 2, "no verb 'xyz'; leukvk --help lists the verbs"},
        {"help train cv", 2, "one verb at a time, not also 'cv'"},
        {"--version x", 2, "--version stands alone, not also 'x'"},
        {"train --data", 2, "leukvk train: --data needs a value; leukvk train --help tells which\n"},
        {"data x --sheet", 2, "--sheet needs a value"},
        {"train --data x --batch-s", 2, "--batch-size needs a value"},
        {"train --data x --quiet=3", 2, "leukvk train: --quiet takes no value\n"},
        {"train --data x --e 3", 2, "leukvk train: '--e' may be --epochs or --ema\n"},
        {"data x -z", 2, "no option '-z'; leukvk data --help lists the options"},
        {"data x -qz", 2, "no option '-qz'; leukvk data --help lists the options"},
        {"data ''", 2, "leukvk data: argument 1 is empty"},
        {"watch /dev/null --port 0", 1, "/dev/null: is no folder"},
        {"serve x --address 0.0.0.0 --device cpu", 2, "(--token FILE)"},
        {"--data x train", 2, "the verb comes before '--data'"},
        {"train --data x --epohcs 3", 2, "no option '--epohcs'; did you mean --epochs?"},
        {"train --data x --epohcs=3", 2, "no option '--epohcs=3'; did you mean --epochs?"},
        {"train --data x -epochs 3", 2, "no option '-epochs'; did you mean --epochs?"},
        {"train --data --modle --batchsize 3", 2, "no option '--batchsize'; did you mean --batch-size?"},
        {"predict --modle x", 2, "no option '--modle'; did you mean --model?"},
        {"eval --quite", 2, "no option '--quite'; did you mean --quiet?"},
        {"data x --hepl", 2, "no option '--hepl'; did you mean --help?"},
        {"ops --zzzzzz", 2, "no option '--zzzzzz'; leukvk ops --help lists the options"},
        {"eval x", 2, "takes no arguments, 'x' was given"},
        {"ops x", 2, "takes no arguments, 'x' was given"},
        {"train", 2, "--data"},
        {"train --data x --batch 0", 2, "--batch 0"},
        {"train --data x --batch many", 2, "--batch many"},
        {"train --data x --learning-rate fast", 2, "--learning-rate fast"},
        {"train --data x --dropout 1.5", 2, "--dropout 1.5"},
        {"train --data x --learning-rate -1", 2, "--learning-rate -1"},
        {"train --data x --optimizer lbfgs", 2, "lbfgs"},
        {"train --data x --schedule steps", 2, "--schedule steps"},
        {"train --data x --schedule step:5,4", 2, "--schedule step:5,4"},
        {"train --data x --warmup long", 2, "--warmup long"},
        {"train --data x --warmup 20", 2, "--warmup 20"},
        {"train --data x --rate-scale dense", 2, "'dense'"},
        {"train --data x --clip-norm -1", 2, "--clip-norm -1"},
        {"train --data x --accumulate 0", 2, "--accumulate 0"},
        {"train --data x --ema 1", 2, "--ema 1"},
        {"train --data x --normalize imagenet", 2, "--normalize imagenet"},
        {"train --data x --learning-rate 0", 2, "--learning-rate 0: must be above 0"},
        {"train --data x --lr 0", 2, "--learning-rate 0: must be above 0"},
        {"train --data x --batch-size 0", 2, "--batch 0"},
        {"train --data x --rate-scale nosuch=0.1", 2, "--rate-scale nosuch:"},
        {"train --data x --split y --group none", 2, "--group: has no effect on a split"},
        {"train --data x --split y --fractions 0.1,0.1", 2, "--fractions: has no effect on a split"},
        {"train --data /nonexistent/folder --out /dev", 1, "/dev: is not empty"},
        {"train --data /nonexistent/folder --out /dev/null", 1, "/dev/null: is no folder"},
        {"cv --data x --folds official --group none", 2, "--folds official"},
        {"train --data x --model CNN", 2, "--model: there is no model 'CNN'"},
        {"train --data x --checkpoint-seconds -1", 2, "--checkpoint-seconds -1"},
        {"train --data x --head garbage", 2, "--head: has no effect on a cnn-gap"},
        {"train --data x --unfreeze garbage", 2, "--unfreeze: has no effect on a cnn-gap"},
        {"train --data x --freeze all", 2, "leukvk train: --freeze: has no effect on a cnn-gap"},
        {"cv --data x --unfreeze all --freeze none", 2, "leukvk cv: --freeze: has no effect on a cnn-gap"},
        {"tune --data x --freeze all --unfreeze none", 2, "--unfreeze: has no effect on a cnn-gap"},
        {"train --data x --weights nosuch", 2, "--weights: has no effect on a cnn-gap"},
        {"train --data x --views 1", 2, "--views: has no effect on a cnn-gap"},
        {"train --data x --bn frozen", 2, "--bn: has no effect on a cnn-gap"},
        {"train --data x --momentum 0.9", 2, "it is an option of --optimizer sgd"},
        {"train --data x --weight-decay 0.01", 2, "it is an option of --optimizer adamw"},
        {"train --data x --model resnet50 --dropout 0.25", 2,
         "it is an option of cnn and cnn-gap (ResNets have dropout in the head"},
        {"train --data x --model resnet50 --area off", 2, "it is an option of cnn and cnn-gap\n"},
        {"train --data x --keep first", 2, "--keep first: must be last or best\n"},
        {"cv --data x --area maybe", 2, "--area maybe: must be on or off\n"},
        {"train --data x --area off --hue on", 2, "--hue on: hue and area are a part of the model together"},
        {"train --data x --model resnet50 --hue on", 2, "it is an option of cnn and cnn-gap\n"},
        {"train --data x --model resnet50 --features last", 2,
         "must be conv2_x, conv3_x, conv4_x or conv5_x\n"},
        {"cv --data x --momentum 0.9", 2, "it is an option of --optimizer sgd"},
        {"cv --data x --learning-rate 0", 2, "--learning-rate 0: must be above 0"},
        {"tune --data x --momentum 0.9", 2, "it is an option of --optimizer sgd"},
        {"tune --data x --grid momentum=0.9", 2, "it is an option of --optimizer sgd"},
        {"tune --data x --grid head=dense:8", 2, "--grid head"},
        {"train --data x --model vgg", 2, "vgg"},
        {"train --data x --crop middle", 2, "middle"},
        {"train --data /nonexistent/folder", 1, "/nonexistent/folder"},
        {"train --resume /nonexistent/run", 1, "/nonexistent/run"},
        {"train --resume x --batch 3", 2, "--batch"},
        {"train --data x --no-such-option", 2, "no-such-option"},
        {"train --data x --device no-such-card", 2, "no-such-card"},
        {"predict", 2, "--model"},
        {"predict --model x", 2, "images"},
        {"predict --model x a.png --device no-such-card", 2, "no-such-card"},
        {"eval --model x --device no-such-card", 2, "no-such-card"},
        {"bench w2 --device no-such-card", 2, "no-such-card"},
        {"cv --data x --device no-such-card", 2, "no-such-card"},
        {"selftest --device no-such-card", 2, "no-such-card"},
        {"tune-kernels --device no-such-card", 2, "no-such-card"},
        {"predict --model /nonexistent/model.safetensors a.png", 1, "/nonexistent/model.safetensors"},
        {"predict --model x a.png --format xml", 2, "xml"},
        {"predict --model x a.png --columns path=a", 2, "--columns: is for a table"},
        {"eval", 2, "--model"},
        {"eval --from /nonexistent/p.csv", 1, "/nonexistent/p.csv"},
        {"eval --from x --model y", 2, "--model: has no effect with --from"},
        {"eval --from x --columns path=a", 2, "--columns: has no effect with --from"},
        {"eval --from x --subject-pattern (a)", 2, "--subject-pattern: has no effect with --from"},
        {"eval --from x --microns-per-pixel 1", 2, "--microns-per-pixel: has no effect with --from"},
        {"eval --from x --device cpu", 2, "--device: has no effect with --from"},
        {"eval --from x --tuner frozen", 2, "--tuner: has no effect with --from"},
        {"eval --batch=32 --from x", 2, "--batch: has no effect with --from"},
        {"eval --model x --threshold 0.4 --sensitivity 0.9", 2, "not both"},
        {"eval --model x --threshold 2", 2, "--threshold 2"},
        {"eval --from x --prevalence half", 2, "--prevalence half"},
        {"train --data x --group cell", 2, "--group cell"},
        {"cv", 2, "--data"},
        {"cv --data x --folds 11", 2, "--folds 11"},
        {"cv --data /nonexistent/folder", 1, "/nonexistent/folder"},
        {"cv --data x --resume y", 2, "resume"},
        {"summary vgg", 2, "vgg"},
        {"data", 2, "leukvk data"},
        {"data /nonexistent/folder", 1, "/nonexistent/folder"},
        {"data x --sheet cells.jpg", 2, "cells.jpg"},
        {"data x --sheet cells.png --crop middle", 2, "middle"},
        {"data x --per-class 0", 2, "--per-class 0"},
        {"data x --per-class 3", 2, "--per-class: is for --sheet"},
        {"data x --crop bbox", 2, "--crop: is for --sheet"},
        {"data x --json --fractions 0.1,0.1 --sheet a.png", 2, "--fractions: is for --split"},
        {"data x --json --seed 3", 2, "--seed: is for --split FILE and --sheet"},
        {"augment", 2, "leukvk augment"},
        {"augment x", 2, "--preview"},
        {"augment x --preview a.bmp", 2, "a.bmp"},
        {"augment /nonexistent/folder --preview a.png", 1, "/nonexistent/folder"},
        {"augment x --preview a.png --shift 0.6", 2, "--shift 0.6"},
        {"augment x --preview a.png --crop middle", 2, "middle"},
        {"crop", 2, "leukvk crop"},
        {"crop a", 2, "IN and OUT"},
        {"crop a b c", 2, "not also c"},
        {"crop a b --size 31", 2, "--size 31"},
        {"crop a /nonexistent/b --mode middle", 2, "middle"},
        {"crop /nonexistent/folder /nonexistent/b", 1, "/nonexistent/folder"},
        {"crop a /dev", 1, "/dev: is not empty"},
        {"synth", 2, "leukvk synth"},
        {"synth /nonexistent/folder --subjects 9", 2, "--subjects 9: must be an even number"},
        {"synth /nonexistent/folder --images 20", 2, "--images 20: must be from 48"},
        {"selftest --device reference", 2, "reference"},
        {"train --data x --tuner on", 2, "--tuner on"},
        {"predict --model x a.png --tuner maybe", 2, "--tuner maybe"},
        {"tune", 2, "--data"},
        {"tune --data x --grid speed=1", 2, "--grid speed=1"},
        {"tune --data x --grid dropout=", 2, "--grid dropout"},
        {"tune --data x --grid optimizer=lbfgs", 2, "lbfgs"},
        {"tune --data x --search all", 2, "--search all"},
        {"tune --data x --jobs 0", 2, "--jobs 0"},
        {"tune --data x --grid epochs=1,2 --epochs 3", 2, "--epochs: has no effect, since the search tries"},
        {"tune --data x --epochs 3", 2, "--epochs: has no effect, since the search tries"},
        {"tune --data x --search random --trials 2 --lr 1", 2, "--learning-rate: has no effect"},
        {"tune --data x --device no-such-card", 2, "no-such-card"},
        {"tune-kernels --device reference", 2, "reference"},
        {"tune-kernels --batch 0", 2, "--batch 0"},
        {"tune-kernels --model vgg", 2, "vgg"},
        {"tune-kernels --classes 1", 2, "--classes 1"},
        {"tune-kernels --classes 65", 2, "--classes 65"},
        {"tune-kernels --image-size 31", 2, "--image-size 31"},
        {"tune-kernels --model cnn --image-size 112", 2, "--image-size 112"},
        {"tune-kernels --show --forget", 2, "--forget"},
        {"tune-kernels --show --batch 3", 2, "--batch: says what is measured"},
        {"tune-kernels --forget --model cnn", 2, "--model: says what is measured"},
        {"tune-kernels cnn", 2, "cnn"},
        {"bench", 2, "w1"},
        {"bench w1 w2", 2, "w2"},
        {"bench w9", 2, "w9"},
        {"bench w2 --batch 0", 2, "--batch 0"},
        {"bench w2 --batch 1025", 2, "--batch 1025"},
        {"bench w2 --steps few", 2, "--steps few"},
        {"bench w2 --steps 1 --seconds 3", 2, "--seconds: has no effect with --steps"},
        {"bench w2 --json --profile", 2, "--trace"},
        {"import", 2, "which file"},
        {"import a b", 2, "not also b"},
        {"import /nonexistent/model.json", 1, "/nonexistent/model.json"},
        {"export --format onnx --out x", 2, "which model"},
        {"export a b --format onnx --out /tmp/x.onnx", 2, "not also b"},
        {"export a --format leukvk --out /tmp/x", 2, "name two or more"},
        {"export a --format onnx", 2, "--out"},
        {"export a --out x", 2, "--format"},
        {"export a --format h5 --out x", 2, "--format h5"},
        {"export a --format onnx --input pixels --out x", 2, "--input pixels: must be crop, image or"},
        {"export a --format onnx --input image:450 --out x", 2, "--input image:450: must be image:WxH"},
        {"export a --format onnx --input image:450x450x3 --out x", 2, "image:WxH"},
        {"export a --format onnx --input image:0x450 --out x", 2, "image:WxH"},
        {"export a --format onnx --input image:-1x450 --out x", 2, "image:WxH"},
        {"export a --format keras --input image --out x", 2, "--input is for --format onnx"},
        {"export /nonexistent/run --format onnx --out x", 1, "/nonexistent/run"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; ++i) {
        program_run(&result, "%s", mistakes[i].arguments);
        cr_expect_eq(result.exit_status, mistakes[i].exit_status,
                     "leukvk %s: exit status %d, expected %d: %s", mistakes[i].arguments, result.exit_status,
                     mistakes[i].exit_status, result.err);
        cr_expect_not_null(strstr(last_line(), mistakes[i].says), "leukvk %s does not say '%s': %s",
                           mistakes[i].arguments, mistakes[i].says, result.err);
    }
}

/* `leukvk ARGUMENTS` prints to standard output what the other one does. */
static void expect_same_output(const char *arguments, const char *other) {
    static program_result expected;
    program_run(&expected, "%s", other);
    program_run(&result, "%s", arguments);
    cr_expect_eq(result.exit_status, 0, "%s: %s", arguments, result.err);
    cr_expect_str_eq(result.out, expected.out, "%s", arguments);
}

Test(command_line, help_and_version_have_short_forms) {
    expect_same_output("-h", "--help");
    expect_same_output("help", "--help");
    expect_same_output("-v", "--version");
    cr_expect_eq(strncmp(result.out, "leukvk ", 7), 0, "%s", result.out);
    expect_same_output("help train", "train --help");
    expect_same_output("train -h", "train --help");
    cr_expect_not_null(strstr(result.out, "--learning-rate"), "%s", result.out);
    expect_same_output("synth x -h", "synth --help");
    expect_same_output("predict -?", "predict --help");
}

Test(command_line, cpu_is_a_device_that_computes_on_the_processor) {
    program_run(&result, "bench w2 --batch 1 --steps 1 --device cpu");
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.err, "(cpu, "), "%s", result.err);
    cr_expect_null(strstr(result.err, "several devices"), "%s", result.err);
}

/* Numbers count the devices of Vulkan first: where its driver does not start, 0 is not the processor. */
Test(command_line, a_device_that_cannot_be_had_is_no_other) {
    static const char *const named[] = {"0", "7", "lavapipe"};
    static const char *const calls[] = {"selftest", "bench w1", "tune-kernels --show", "serve no-model"};
    char calling[128];
    cr_assert_eq(setenv("VK_ICD_FILENAMES", "/nonexistent/icd.json", 1), 0);
    cr_assert_eq(setenv("VK_DRIVER_FILES", "/nonexistent/icd.json", 1), 0);
    for (size_t i = 0; i < sizeof named / sizeof *named; ++i)
        for (size_t c = 0; c < sizeof calls / sizeof *calls; ++c) {
            const bool by_option = c != 2; /* else by the environment */
            cr_assert_eq(setenv("LEUKVK_DEVICE", by_option ? "cpu" : named[i], 1), 0);
            snprintf(calling, sizeof calling, "%s%s%s", calls[c], by_option ? " --device " : "",
                     by_option ? named[i] : "");
            program_run(&result, "%s", calling);
            cr_expect_eq(result.exit_status, 1, "%s: %d", calling, result.exit_status);
            cr_expect_str_empty(result.out, "%s", calling);
            cr_expect_not_null(strstr(result.err, "no Vulkan driver"), "%s: %s", calling, result.err);
            if (strlen(named[i]) == 1) {
                snprintf(calling, sizeof calling,
                         "device %s: numbers count the devices of Vulkan first, and there are none",
                         named[i]);
                EXPECT_SAYS(result.err, calling);
            }
        }
    RUN("tune-kernels --show --device cpu");
}

/* Which device a number means depends on what drivers there are just now. */
Test(command_line, a_device_by_number_is_always_named) {
    RUN("tune-kernels --show --quiet --device 0");
    EXPECT_SAYS(result.err, "device 0: llvmpipe");
    RUN("tune-kernels --show --device 0");
    EXPECT_SAYS(result.err, "device: llvmpipe");
    RUN("tune-kernels --show --quiet --device llvmpipe");
    cr_expect_str_empty(result.err);
}

Test(command_line, summary_and_ops_print_the_tables) {
    program_run(&result, "summary cnn");
    cr_expect_eq(result.exit_status, 0);
    cr_expect_not_null(strstr(result.out, "2,825,345"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "111×111×32"), "%s", result.out);
    program_run(&result, "ops");
    cr_expect_eq(result.exit_status, 0);
    cr_expect_not_null(strstr(result.out, "maxpool2d"), "%s", result.out);
}

Test(command_line, kernels_are_tuned_shown_and_forgotten) {
    const char *folder = program_folder();
    setenv("XDG_CACHE_HOME", folder, 1);
    program_run(&result, "tune-kernels --show");
    cr_expect_eq(result.exit_status, 0);
    cr_expect_not_null(strstr(result.out, "No choices"), "%s", result.out);
    program_run(&result, "tune-kernels --batch 1");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "1x112x112x3, 3x3x3x32"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, folder), "where the file is: %s", result.out);
    program_run(&result, "tune-kernels --show");
    cr_expect_eq(result.exit_status, 0);
    cr_expect_not_null(strstr(result.out, "conv2d_grad_weight"), "%s", result.out);
    cr_expect_not_null(strstr(result.err, "choices of"), "%s", result.err);
    program_run(&result, "tune-kernels --forget");
    cr_expect_eq(result.exit_status, 0);
    cr_expect_not_null(strstr(result.out, "removed"), "%s", result.out);
    program_run(&result, "tune-kernels --show");
    cr_expect_not_null(strstr(result.out, "No choices"), "%s", result.out);
    program_remove(folder);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

/* The preliminary part's label table with its line `line` (from 0) dropped, doubled, or of an image that is
 * not there. */
static void expect_refused(const char *folder, const char *table, const char *original, const char *what,
                           const char *says) {
    char path[512];
    snprintf(path, sizeof path, "%s", table);
    write_file(path, what);
    program_run(&result, "data %s", folder);
    cr_expect_eq(result.exit_status, 1, "accepted: %s", what);
    cr_expect_not_null(strstr(result.err, says), "does not say '%s': %s", says, result.err);
    cr_expect_eq(program_lines(result.err), 1, "more than one line: %s", result.err);
    write_file(path, original);
}

Test(command_line, label_tables_with_mistakes_are_refused) {
    const char *folder = program_folder();
    char data[256], table[512];
    snprintf(data, sizeof data, "%s/data", folder);
    program_run(&result, "synth %s --images 40 --subjects 10 --size 64 --format png", data);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "data %s", data);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "preliminary"), "%s", result.out);
    snprintf(table, sizeof table, "%s/C-NMC_test_prelim_phase_data_labels.csv", data);
    char *original = program_read(table);
    cr_assert_not_null(original, "%s", table);

    char *last_line = strdup(original); /* without its last row */
    last_line[strlen(last_line) - 1] = '\0';
    *(strrchr(last_line, '\n') + 1) = '\0';
    expect_refused(data, table, original, last_line, "C-NMC_test_prelim");
    char *doubled = malloc(2 * strlen(original) + 1);
    sprintf(doubled, "%s%s", original, strchr(original, '\n') + 1);
    expect_refused(data, table, original, doubled, "labels.csv");
    char *unknown = malloc(strlen(original) + 64);
    sprintf(unknown, "%sUID_99_1_1_all.bmp,9999.png,1\n", original);
    expect_refused(data, table, original, unknown, "9999");
    expect_refused(data, table, original,
                   "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 58692\n", "LFS");
    free(unknown);
    free(doubled);
    free(last_line);
    free(original);
    program_remove(folder);
}
