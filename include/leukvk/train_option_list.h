/* clang-format off */
/* Every option of a training, once: the struct lvk_train_options (train_options.h) with its defaults, the checks, `--help`,
 * the keys of config.json and of `leukvk tune --grid`, and what makes two runs the same are expanded from this list.
 * The one file that a new option edits, beside the code that uses its value. No include guard: it is expanded several
 * times, with LVK_TRAIN_OPTION defined differently. Included alone it is train_options.h.
 *
 * LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record, help)
 *
 *   type      TEXT, FLAG, NUMBER, COUNT or SEED: const char *, bool, double, uint32_t, uint64_t
 *   member    of the struct, and the key in config.json
 *   default   of lvk_train_defaults
 *   check     what values it may have: ANY (or the module that reads it checks it), ONE_OF("a|b"), FROM_TO(a, b),
 *             FROM_BELOW(a, b): a and more and below b, ABOVE_TO(a, b): above a, at most b, ZERO_OR_FROM_TO(a, b)
 *   key       as the command line spells it, without dashes; a FLAG that is on by default also has --no-KEY
 *   alias     another key, or NULL
 *   argument  what --help calls the value; NULL of a FLAG
 *   group     of --help: DATA, MODEL, TRAINING, OUTPUT; NONE: verbs that take it have an option of their own
 *   used_by   ALL, CNNS (models without a backbone), RESNETS (models with one), FROZEN
 *             (ResNets whose backbone is frozen), THAWED (ResNets of whose backbone a stage is trained), IMAGES
 *             (trainings on images, not on the features of a frozen backbone; a FLAG), SGD, ADAMW.
 *             With others it may not be set
 *   grid      0: not searched by `leukvk tune`; else its number, which orders the axes and seeds what is drawn for it, and
 *             so never changes
 *   record    INPUT: not in config.json; KEPT: in it, and a resumed run may have another; IDENTITY: in it, and the numbers
 *             of a run depend on it; LATER_KEPT, LATER_IDENTITY: the same, but not in the config.json of older runs
 *             (settings.c says what they did)
 *   help      one sentence, which documents the member as well. --help puts the default behind it, unless the sentence ends
 *             with a bracket itself */
#ifdef LVK_TRAIN_OPTION

/* ---- data ---- */

LVK_TRAIN_OPTION(TEXT, data, NULL, ANY, "data", NULL, "DATA", DATA, ALL, 0, KEPT,
    "Data set: a C-NMC tree, a folder with one folder of images per class, or a table (.csv, .tsv, .txt) with a row for "
    "each image")

/* Both as in lvk_dataset_options. */
LVK_TRAIN_OPTION(TEXT, columns, "", ANY, "columns", NULL, "ROLE=NAME,...", DATA, ALL, 0, LATER_KEPT,
    "Which columns of a table are path, label, subject, part and microns_per_pixel, as in path=File,label=Dx (those with "
    "usual names)")
LVK_TRAIN_OPTION(TEXT, subject_pattern, "", ANY, "subject-pattern", NULL, "REGEX", DATA, ALL, 0, LATER_KEPT,
    "Take the subject out of the path of an image: what the first group of this extended regular expression matches, as "
    "in '/([^/_]+)_[0-9]+[.]' (what a name, a folder or a table tells)")

/* The run folder, new or empty; NULL: runs/<date>-<time>-<model>. */
LVK_TRAIN_OPTION(TEXT, run, NULL, ANY, "out", NULL, "RUN", NONE, ALL, 0, INPUT,
    "Run folder, new or empty (runs/DATE-TIME-MODEL)")

/* NULL: a split is made. */
LVK_TRAIN_OPTION(TEXT, split, NULL, ANY, "split", NULL, "FILE", NONE, ALL, 0, INPUT,
    "Use this split (leukvk data --split writes one)")

/* Of the split that is made; see lvk_split_options. */
LVK_TRAIN_OPTION(TEXT, group, "subject", ONE_OF("subject|none"), "group", NULL, "subject|none", DATA, ALL, 0,
    LATER_IDENTITY,
    "subject: keep all cells of a person on one side of the split; none: split cell by cell, as work with high figures "
    "often did, so that the figures say nothing about new people")

/* Shares of the images; together --fractions V,T. */
LVK_TRAIN_OPTION(NUMBER, validation, 0.15, ANY, "fractions", NULL, "V,T", NONE, ALL, 0, IDENTITY,
    "Share of the images that chooses the best epoch")
LVK_TRAIN_OPTION(NUMBER, test, 0.15, ANY, "fractions", NULL, "V,T", NONE, ALL, 0, IDENTITY,
    "Share of the images that tests the best epoch's model")

/* "": lvk_dataset_positive_class says how. A run that goes on keeps its positive class. */
LVK_TRAIN_OPTION(TEXT, positive, "", ANY, "positive", NULL, "CLASS", DATA, ALL, 0, LATER_IDENTITY,
    "Positive class, whose probability the model gives (the one whose name says so: all, leukemia, blast, cancer, ...)")

LVK_TRAIN_OPTION(FLAG, strict, false, ANY, "strict", NULL, NULL, DATA, ALL, 0, KEPT,
    "Stop at an unreadable image; by default such images are left out and listed")

LVK_TRAIN_OPTION(TEXT, crop, "center:300", ANY, "crop", NULL, "CROP", DATA, ALL, 14, IDENTITY,
    "Part of the image to use: center:N, the middle N × N pixels at the source's scale; bbox, the cell's bounding box; "
    "none, the whole image")

/* 0: the model's own. */
LVK_TRAIN_OPTION(COUNT, image_size, 0, ZERO_OR_FROM_TO(32, 1024), "image-size", NULL, "N", DATA, ALL, 15,
    LATER_IDENTITY,
    "cnn-gap and ResNets only: height and width in pixels that crops are resampled to, 32 to 1024; half the side is a "
    "quarter of the work (112 of cnn-gap, 224 of ResNets)")

LVK_TRAIN_OPTION(FLAG, augment, true, ANY, "augment", NULL, NULL, DATA, IMAGES, 0, IDENTITY,
    "Flip and rotate the training images at random, in each epoch anew (the default, but not of every preset)")

/* What comes in from beyond the crop is black. */
LVK_TRAIN_OPTION(NUMBER, shift, 0, FROM_TO(0, 0.5), "shift", NULL, "X", DATA, ALL, 16, LATER_IDENTITY,
    "Augment by shifting, too: along each axis by at most the share X of the crop's side, 0 to 0.5")
LVK_TRAIN_OPTION(NUMBER, zoom, 0, FROM_TO(0, 1), "zoom", NULL, "X", DATA, ALL, 17, LATER_IDENTITY,
    "Augment by scaling, too: at most 1 + X times larger or smaller, 0 to 1")

/* Contrast is about middle grey; black stays black. */
LVK_TRAIN_OPTION(NUMBER, color, 0, FROM_TO(0, 0.5), "color", NULL, "X", DATA, ALL, 18, LATER_IDENTITY,
    "Augment colours, too: brightness, contrast and saturation times 1 - X to 1 + X, each channel by a quarter of that, 0 "
    "to 0.5")

LVK_TRAIN_OPTION(TEXT, normalize, "auto", ONE_OF("auto|train|none"), "normalize", NULL, "HOW", DATA, ALL, 0, IDENTITY,
    "train: subtract the pixels' mean and divide by their standard deviation, both by channel over the training images; "
    "none: pixels from 0 to 1; auto: as pretrained weights need it, else train")

/* 0: as many as processors. */
LVK_TRAIN_OPTION(COUNT, threads, 0, FROM_TO(0, 256), "threads", NULL, "N", DATA, ALL, 0, INPUT,
    "Threads that read images; no effect on the result (as many as processors that may be used)")

/* ---- model ---- */

LVK_TRAIN_OPTION(TEXT, model, "cnn-gap", ANY, "model", NULL, "NAME", MODEL, ALL, 0, IDENTITY,
    "Architecture: cnn-gap, cnn, resnet50 and others; leukvk summary NAME shows it")

LVK_TRAIN_OPTION(NUMBER, dropout, 0.25, FROM_BELOW(0, 1), "dropout", NULL, "X", MODEL, CNNS, 5, IDENTITY,
    "cnn and cnn-gap only: dropout rate, from 0 to below 1")

/* "auto": the file that leukvk-fetch-weights keeps in the user's cache folder. */
LVK_TRAIN_OPTION(TEXT, weights, "auto", ANY, "weights", NULL, "FILE", MODEL, RESNETS, 0, KEPT,
    "ResNets only: start from this file of leukvk import; none: random weights (what leukvk-fetch-weights keeps)")

LVK_TRAIN_OPTION(TEXT, head, "dense:64,dropout:0.25", ANY, "head", NULL, "LAYERS", MODEL, RESNETS, 13, IDENTITY,
    "ResNets only: layers between the backbone's features and the logit")

/* "none": the whole backbone is frozen, and its features of the images are computed once. */
LVK_TRAIN_OPTION(TEXT, unfreeze, "none", ANY, "unfreeze", NULL, "STAGE", MODEL, RESNETS, 0, IDENTITY,
    "ResNets only: first stage of the backbone to train, conv5_x, conv4_x, conv3_x, conv2_x or all; none: train only the "
    "head")

LVK_TRAIN_OPTION(TEXT, batch_norm, "frozen", ONE_OF("frozen|train"), "bn", NULL, "frozen|train", MODEL, THAWED, 0,
    IDENTITY,
    "ResNets only: batch norms of the stages that are trained keep their running averages, gamma and beta (frozen), or are "
    "trained with the batch's statistics (train)")

LVK_TRAIN_OPTION(COUNT, views, 1, FROM_TO(1, 8), "views", NULL, "N", MODEL, FROZEN, 0, IDENTITY,
    "ResNets with a frozen backbone only: train on N of each image's eight orientations, quarter turns and mirrored")

/* ---- training ---- */

LVK_TRAIN_OPTION(COUNT, epochs, 10, FROM_TO(1, 1000000), "epochs", NULL, "N", TRAINING, ALL, 1, KEPT,
    "Maximum number of passes over the training images")

LVK_TRAIN_OPTION(COUNT, patience, 3, FROM_TO(0, 1000000), "patience", NULL, "N", TRAINING, ALL, 3, KEPT,
    "Stop after N epochs without a lower validation loss; 0: never")

LVK_TRAIN_OPTION(COUNT, batch, 32, FROM_TO(1, 1024), "batch", "batch-size", "N", TRAINING, ALL, 2, IDENTITY,
    "Batch size, images per step")

/* Batch norms see each batch alone. */
LVK_TRAIN_OPTION(COUNT, accumulate, 1, FROM_TO(1, 1024), "accumulate", NULL, "K", TRAINING, ALL, 0, LATER_IDENTITY,
    "Average the gradients of K batches in each step: K times the batch size in the memory of one batch")

/* Chen et al., "Training deep nets with sublinear memory cost", 2016. */
LVK_TRAIN_OPTION(TEXT, recompute, "auto", ONE_OF("auto|on|off"), "recompute", NULL, "auto|on|off", TRAINING, ALL, 0,
    LATER_KEPT,
    "Drop activations and compute them again for the gradients: the same result in less memory and more time; auto: where "
    "the batch fits only so")

LVK_TRAIN_OPTION(TEXT, balance, "weight", ONE_OF("weight|oversample|none"), "balance", NULL, "HOW", TRAINING, ALL, 19,
    IDENTITY,
    "weight: weight the loss so that both classes count the same; oversample: draw the smaller class's training images more "
    "often, each time augmented anew; none: take the images as they come")

LVK_TRAIN_OPTION(TEXT, optimizer, "adam", ONE_OF("adam|adamw|sgd"), "optimizer", NULL, "NAME", TRAINING, ALL, 11, IDENTITY,
    "Optimizer: adam, adamw or sgd")

LVK_TRAIN_OPTION(NUMBER, learning_rate, 0.0003, ABOVE_TO(0, 100), "learning-rate", "lr", "X", TRAINING, ALL, 4, IDENTITY,
    "Initial learning rate")

/* Cosine: Loshchilov, Hutter, "SGDR", ICLR 2017, without restarts. The warm-up is left out. */
LVK_TRAIN_OPTION(TEXT, schedule, "cosine", ANY, "schedule", NULL, "NAME", TRAINING, ALL, 12, IDENTITY,
    "Learning rate from epoch to epoch: cosine, down to 0 over all epochs; step, times 0.1 at 1/2 and 3/4 of them; step:10,15, "
    "times 0.1 after these epochs; constant")

/* Goyal et al., "Accurate, large minibatch SGD", 2017. Below `epochs`. */
LVK_TRAIN_OPTION(NUMBER, warmup, 0, FROM_TO(0, 1000000), "warmup", NULL, "N", TRAINING, ALL, 9, LATER_IDENTITY,
    "Raise the learning rate from 0 over the first N epochs, as in 0.5, before the schedule")

/* Factors from 0 to 1000; "": none. */
LVK_TRAIN_OPTION(TEXT, rate_scale, "", ANY, "rate-scale", NULL, "NAME=X,...", TRAINING, ALL, 0, LATER_IDENTITY,
    "Multiply the learning rate of parameters whose names begin with NAME (the longest NAME counts), or of a stage as in "
    "--unfreeze, by X: conv5_x=0.1,res4=0.01")

/* Pascanu et al., ICML 2013. */
LVK_TRAIN_OPTION(NUMBER, clip_norm, 0, ZERO_OR_FROM_TO(1e-30, 1e30), "clip-norm", NULL, "X", TRAINING, ALL, 10,
    LATER_IDENTITY,
    "Scale the gradient of all parameters down to the norm X where it is longer; 0: never")

/* Approached as (1 + step) / (10 + step). */
LVK_TRAIN_OPTION(NUMBER, ema, 0, FROM_BELOW(0, 1), "ema", NULL, "D", TRAINING, ALL, 20, LATER_IDENTITY,
    "Validate and save a moving average of the weights that keeps the share D at each step, as in 0.999; 0: the weights "
    "themselves")

LVK_TRAIN_OPTION(NUMBER, momentum, 0.9, FROM_BELOW(0, 1), "momentum", NULL, "X", TRAINING, SGD, 6, IDENTITY,
    "sgd only: momentum, from 0 to below 1")

LVK_TRAIN_OPTION(NUMBER, weight_decay, 0.01, FROM_BELOW(0, 1000), "weight-decay", NULL, "X", TRAINING, ADAMW, 7, IDENTITY,
    "adamw only: decay of kernels")

LVK_TRAIN_OPTION(NUMBER, l2, 0, FROM_BELOW(0, 1000), "l2", NULL, "X", TRAINING, ALL, 8, IDENTITY,
    "Penalty on the sum of the squares of kernels")

LVK_TRAIN_OPTION(SEED, seed, 1, ANY, "seed", NULL, "N", TRAINING, ALL, 0, IDENTITY,
    "Random seed for split, initial weights, order, augmentation, dropout")

/* ---- output ---- */

/* Of features up to 2 GiB; 0: after every step. */
LVK_TRAIN_OPTION(NUMBER, checkpoint_seconds, 300, FROM_TO(0, 1e9), "checkpoint-seconds", NULL, "N", OUTPUT, ALL, 0, KEPT,
    "Save a checkpoint at least every N seconds, and features of a frozen backbone every minute or N seconds")

/* The third step, or the epoch's last when it has fewer. No effect on the result. */
LVK_TRAIN_OPTION(FLAG, profile, false, ANY, "profile", NULL, NULL, NONE, ALL, 0, INPUT,
    "Print where the time of the third step goes, and write it to the run folder as a trace (profile.json, for "
    "ui.perfetto.dev)")

#else
#include "leukvk/train_options.h"
#endif
/* clang-format on */
