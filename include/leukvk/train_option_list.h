/* clang-format off */
/* The list of all options of a training. These are expanded from it: the struct lvk_train_options
 * (train_options.h) with its defaults, the checks, `--help`, the keys of config.json and of `leukvk tune
 * --grid`, and what makes two runs the same. A new option is a row here, and the code that uses its value.
 * The file has no include guard, since it is included several times, with a different LVK_TRAIN_OPTION each
 * time. Where LVK_TRAIN_OPTION is not defined, the file includes train_options.h.
 *
 * LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record, help)
 *
 *   type      TEXT, FLAG, NUMBER, COUNT or SEED: const char *, bool, double, uint32_t, uint64_t
 *   member    of the struct, and the key in config.json
 *   default   of lvk_train_defaults
 *   check     the allowed values: ANY (all, or those that the module which reads it allows), ONE_OF("a|b"),
 *             ONE_OF_OR_AUTO("a|b"): also "auto", the default, which a user need not type,
 *             FROM_TO(a, b), FROM_BELOW(a, b): at least a, below b; ABOVE_TO(a, b): above a, at most b;
 *             ZERO_OR_FROM_TO(a, b)
 *   key       as the command line spells it, without dashes; a FLAG that is on by default also has --no-KEY
 *   alias     another key, or NULL
 *   argument  what --help calls the value; NULL of a FLAG
 *   group     the heading in --help: DATA, MODEL, TRAINING, OUTPUT; NONE: verbs have an option of their own
 *             for it
 *   used_by   ALL, CNNS (models without a backbone), RESNETS (models with one), FROZEN (ResNets whose
 *             backbone is frozen), THAWED (ResNets of whose backbone a stage is trained), IMAGES (trainings
 *             on images, not on the features of a frozen backbone; a FLAG), SGD, ADAMW. With other models and
 *             optimizers it may not be set
 *   grid      0: `leukvk tune` cannot search it; else its number, which orders the axes and is part of the
 *             seed of what is drawn for it, so that the number must never change
 *   record    INPUT: not in config.json; KEPT: in config.json, and a resumed run may have another value;
 *             IDENTITY: in config.json, and the numbers of a run depend on it; LATER_KEPT, LATER_IDENTITY:
 *             the same, but not in the config.json of older runs (settings.c has the values that these used)
 *   help      one sentence, which also documents the member. --help appends the default in brackets, unless
 *             the sentence ends with a bracket */
#ifdef LVK_TRAIN_OPTION

/* ---- data ---- */

LVK_TRAIN_OPTION(TEXT, data, NULL, ANY, "data", NULL, "DATA", DATA, ALL, 0, KEPT,
    "Data set: a C-NMC tree, a folder with one folder of images per class, or a table (.csv, .tsv, .txt) with a row for "
    "each image")

/* The next two are as in lvk_dataset_options. */
LVK_TRAIN_OPTION(TEXT, columns, "", ANY, "columns", NULL, "ROLE=NAME,...", DATA, ALL, 0, LATER_KEPT,
    "Names of the columns of a table that hold path, label, subject, part and microns_per_pixel, as in path=File,label=Dx "
    "(columns with the usual names)")
LVK_TRAIN_OPTION(TEXT, subject_pattern, "", ANY, "subject-pattern", NULL, "REGEX", DATA, ALL, 0, LATER_KEPT,
    "Take the subject out of the path of an image: what the first group of this extended regular expression matches, as "
    "in '/([^/_]+)_[0-9]+[.]' (what a name, a folder or a table tells)")

/* As in lvk_dataset_options. */
LVK_TRAIN_OPTION(NUMBER, microns_per_pixel, 0, ZERO_OR_FROM_TO(0.0001, 1000), "microns-per-pixel", NULL,
    "X", DATA, ALL, 0, LATER_IDENTITY,
    "Scale of the images of which no column of a table tells it; the model keeps it and brings images of other scales to it "
    "(not known)")

/* The run folder, new or empty; NULL: runs/<date>-<time>-<model>. */
LVK_TRAIN_OPTION(TEXT, run, NULL, ANY, "out", NULL, "RUN", NONE, ALL, 0, INPUT,
    "Run folder, new or empty (runs/DATE-TIME-MODEL)")

/* NULL: a new split is made. */
LVK_TRAIN_OPTION(TEXT, split, NULL, ANY, "split", NULL, "FILE", NONE, ALL, 0, INPUT,
    "Use the split in FILE, which leukvk data --split has written")

/* How a new split is made; see lvk_split_options. */
LVK_TRAIN_OPTION(TEXT, group, "subject", ONE_OF("subject|none"), "group", NULL, "subject|none", DATA, ALL, 0,
    LATER_IDENTITY,
    "subject: keep all cells of a person on one side of the split; none: split cell by cell, as many publications with "
    "high scores did: such scores say nothing about new people")

/* The next two are shares of the images, together --fractions V,T. */
LVK_TRAIN_OPTION(NUMBER, validation, 0.15, ANY, "fractions", NULL, "V,T", NONE, ALL, 0, IDENTITY,
    "Fraction of the images for validation after each epoch; 0: none")
LVK_TRAIN_OPTION(NUMBER, test, 0.15, ANY, "fractions", NULL, "V,T", NONE, ALL, 0, IDENTITY,
    "Fraction of the images for the test of the kept model; 0: none")

/* "": lvk_dataset_positive_class chooses it. A resumed run keeps its positive class. */
LVK_TRAIN_OPTION(TEXT, positive, "", ANY, "positive", NULL, "CLASS", DATA, ALL, 0, LATER_IDENTITY,
    "Positive class of two: the model gives its probability (the class whose name says so: all, leukemia, blast, cancer, ...)")

LVK_TRAIN_OPTION(FLAG, strict, false, ANY, "strict", NULL, NULL, DATA, ALL, 0, KEPT,
    "Stop at an unreadable image; without --strict, such images are left out and listed")

LVK_TRAIN_OPTION(TEXT, crop, "center:300", ANY, "crop", NULL, "CROP", DATA, ALL, 14, IDENTITY,
    "Part of each image to use: center:N, the N × N pixels in its middle; bbox, the bounding box of the cell; none, the "
    "whole image")

/* 0: the model's own. */
LVK_TRAIN_OPTION(COUNT, image_size, 0, ZERO_OR_FROM_TO(32, 1024), "image-size", NULL, "N", DATA, ALL, 15,
    LATER_IDENTITY,
    "cnn-gap and ResNets only: resample crops to N × N pixels, 32 to 1024; half the size is a quarter of the work (112 "
    "for cnn-gap, 224 for ResNets)")

LVK_TRAIN_OPTION(FLAG, augment, true, ANY, "augment", NULL, NULL, DATA, IMAGES, 0, IDENTITY,
    "Flip and rotate the training images at random, anew in each epoch (on, unless the preset turns it off)")

/* Pixels from outside of the crop are black. */
LVK_TRAIN_OPTION(NUMBER, shift, 0, FROM_TO(0, 0.5), "shift", NULL, "X", DATA, ALL, 16, LATER_IDENTITY,
    "Augmentation: shift images at random along each axis, by at most X times the crop's size; 0 to 0.5")
LVK_TRAIN_OPTION(NUMBER, zoom, 0, FROM_TO(0, 1), "zoom", NULL, "X", DATA, ALL, 17, LATER_IDENTITY,
    "Augmentation: scale images at random, by a factor from 1/(1 + X) to 1 + X; 0 to 1")

/* Contrast changes the distance from middle grey; black stays black. */
LVK_TRAIN_OPTION(NUMBER, color, 0, FROM_TO(0, 0.5), "color", NULL, "X", DATA, ALL, 18, LATER_IDENTITY,
    "Augmentation: multiply brightness, contrast and saturation by random factors from 1 - X to 1 + X, and each channel by "
    "one from 1 - X/4 to 1 + X/4; 0 to 0.5")

/* Black stays black. The default is 0 where images are not augmented. */
LVK_TRAIN_OPTION(NUMBER, stain, 0.5, FROM_TO(0, 0.5), "stain", NULL, "X", DATA, ALL, 21, LATER_IDENTITY,
    "Augmentation: multiply each channel's optical density by a random factor from 1 - X to 1 + X, as another stain would, "
    "and add up to X to it, as another lamp would; 0 to 0.5")

LVK_TRAIN_OPTION(TEXT, normalize, "auto", ONE_OF("auto|train|none"), "normalize", NULL, "HOW", DATA, ALL, 0, IDENTITY,
    "train: subtract each channel's mean over the training images and divide by its standard deviation; none: scale pixels "
    "to 0..1; auto: as the pretrained weights require it, and as train where there are none")

/* 0: as many as processors. */
LVK_TRAIN_OPTION(COUNT, threads, 0, FROM_TO(0, 256), "threads", NULL, "N", DATA, ALL, 0, INPUT,
    "Number of threads that read images; does not change the result (one per processor that may be used)")

/* ---- model ---- */

LVK_TRAIN_OPTION(TEXT, model, "cnn-gap", ANY, "model", NULL, "NAME", MODEL, ALL, 0, IDENTITY,
    "Architecture: cnn-gap, cnn, resnet50 and others; leukvk summary NAME shows it")

LVK_TRAIN_OPTION(NUMBER, dropout, 0.25, FROM_BELOW(0, 1), "dropout", NULL, "X", MODEL, CNNS, 5, IDENTITY,
    "cnn and cnn-gap only: dropout rate, from 0 to below 1")

LVK_TRAIN_OPTION(TEXT, area, "auto", ONE_OF_OR_AUTO("on|off"), "area", NULL, "on|off", MODEL, CNNS, 0, LATER_IDENTITY,
    "cnn and cnn-gap only: when predicting, add the logit of a logistic regression on the cell's area to the network's; size "
    "holds for people not seen (on for cnn-gap)")

LVK_TRAIN_OPTION(TEXT, hue, "auto", ONE_OF_OR_AUTO("on|off"), "hue", NULL, "on|off", MODEL, CNNS, 0, LATER_IDENTITY,
    "cnn and cnn-gap only: that regression also on the hue of the cell's stain, blue against green; another lamp or camera "
    "changes it (as --area)")

/* "auto": the file that leukvk-fetch-weights keeps in the user's cache folder. */
LVK_TRAIN_OPTION(TEXT, weights, "auto", ANY, "weights", NULL, "FILE", MODEL, RESNETS, 0, KEPT,
    "ResNets only: pretrained weights, a file that leukvk import has written; none: random weights (the file that "
    "leukvk-fetch-weights has stored)")

/* "auto" is resolved when a training begins; config.json has the stage, or nothing for conv5_x. */
LVK_TRAIN_OPTION(TEXT, features, "auto", ONE_OF_OR_AUTO("conv2_x|conv3_x|conv4_x|conv5_x"), "features", NULL, "STAGE", MODEL,
    RESNETS, 0, LATER_IDENTITY,
    "ResNets only: the stage with which the backbone ends, and whose output, averaged over the image, is the features: "
    "conv2_x, conv3_x, conv4_x or conv5_x (conv4_x where the backbone is frozen, else conv5_x)")

/* "auto" is resolved when a training begins. */
LVK_TRAIN_OPTION(TEXT, head, "auto", ANY, "head", NULL, "LAYERS", MODEL, RESNETS, 13, IDENTITY,
    "ResNets only: layers between the backbone's features and the logit, as in dense:64,dropout:0.25; none; standardize, "
    "first or alone: subtract each feature's mean over the training images and divide by its standard deviation "
    "(standardize where the backbone is frozen, else dense:64,dropout:0.25)")

/* "none": the whole backbone is frozen, and the features of each image are computed once. */
LVK_TRAIN_OPTION(TEXT, unfreeze, "none", ANY, "unfreeze", NULL, "STAGE", MODEL, RESNETS, 0, IDENTITY,
    "ResNets only: train the backbone from this stage on: conv5_x, conv4_x, conv3_x, conv2_x or all; none: train only the "
    "head")

LVK_TRAIN_OPTION(TEXT, batch_norm, "frozen", ONE_OF("frozen|train"), "bn", NULL, "frozen|train", MODEL, THAWED, 0,
    IDENTITY,
    "ResNets only: batch norm in the stages that are trained; frozen: keep running averages, gamma and beta; train: use the "
    "statistics of the batch, and train gamma and beta")

LVK_TRAIN_OPTION(COUNT, views, 1, FROM_TO(1, 8), "views", NULL, "N", MODEL, FROZEN, 0, IDENTITY,
    "ResNets with a frozen backbone only: train on N of the eight orientations of each image, which are rotations by 90 "
    "degrees and their mirror images")

/* ---- training ---- */

LVK_TRAIN_OPTION(COUNT, epochs, 10, FROM_TO(1, 1000000), "epochs", NULL, "N", TRAINING, ALL, 1, KEPT,
    "Maximum number of passes over the training images")

LVK_TRAIN_OPTION(COUNT, patience, 0, FROM_TO(0, 1000000), "patience", NULL, "N", TRAINING, ALL, 3, KEPT,
    "Early stopping: stop after N epochs without a lower validation loss, and keep the best epoch; 0: train all epochs")

/* A few people validate: the epoch that fits them best is not the one that fits others best (tools/study). */
LVK_TRAIN_OPTION(TEXT, keep, "auto", ONE_OF_OR_AUTO("last|best"), "keep", NULL, "last|best", TRAINING, ALL, 0, LATER_KEPT,
    "Epoch whose model is kept; last: the last one; best: that with the lowest validation loss (best with --patience, last "
    "without)")

LVK_TRAIN_OPTION(COUNT, batch, 32, FROM_TO(1, 1024), "batch", "batch-size", "N", TRAINING, ALL, 2, IDENTITY,
    "Batch size, images per step")

/* The statistics of batch norms are those of each batch alone. */
LVK_TRAIN_OPTION(COUNT, accumulate, 1, FROM_TO(1, 1024), "accumulate", NULL, "K", TRAINING, ALL, 0, LATER_IDENTITY,
    "Gradient accumulation: average the gradients of K batches in each step, which is K times the batch size in the memory "
    "of one batch")

/* Gradient checkpointing: Chen et al., "Training deep nets with sublinear memory cost", 2016. */
LVK_TRAIN_OPTION(TEXT, recompute, "auto", ONE_OF("auto|on|off"), "recompute", NULL, "auto|on|off", TRAINING, ALL, 0,
    LATER_KEPT,
    "Activation checkpointing: drop activations and compute them again for the gradients; same result, less memory, more "
    "time; auto: on where the batch does not fit without it")

LVK_TRAIN_OPTION(TEXT, balance, "weight", ONE_OF("weight|oversample|none"), "balance", NULL, "HOW", TRAINING, ALL, 19,
    IDENTITY,
    "Class imbalance; weight: weight the loss so that all classes count the same; oversample: draw training images of the "
    "smaller classes more often; none: do nothing")

LVK_TRAIN_OPTION(TEXT, optimizer, "adam", ONE_OF("adam|adamw|sgd"), "optimizer", NULL, "NAME", TRAINING, ALL, 11, IDENTITY,
    "Optimizer: adam, adamw or sgd")

LVK_TRAIN_OPTION(NUMBER, learning_rate, 0.0003, ABOVE_TO(0, 100), "learning-rate", "lr", "X", TRAINING, ALL, 4, IDENTITY,
    "Initial learning rate")

/* Cosine: Loshchilov, Hutter, "SGDR", ICLR 2017, without restarts. A schedule begins after the warm-up. */
LVK_TRAIN_OPTION(TEXT, schedule, "cosine", ANY, "schedule", NULL, "NAME", TRAINING, ALL, 12, IDENTITY,
    "Learning rate schedule; cosine: down to 0 over all epochs; step: times 0.1 after 1/2 and after 3/4 of the epochs; "
    "step:10,15: times 0.1 after these epochs; constant")

/* Goyal et al., "Accurate, large minibatch SGD", 2017. It must be less than `epochs`. */
LVK_TRAIN_OPTION(NUMBER, warmup, 0, FROM_TO(0, 1000000), "warmup", NULL, "N", TRAINING, ALL, 9, LATER_IDENTITY,
    "Warm-up: raise the learning rate linearly from 0 over the first N epochs, then follow the schedule; N may be a fraction "
    "such as 0.5")

/* Factors are from 0 to 1000. "": no factors. */
LVK_TRAIN_OPTION(TEXT, rate_scale, "", ANY, "rate-scale", NULL, "NAME=X,...", TRAINING, ALL, 0, LATER_IDENTITY,
    "Multiply the learning rate by X for parameters whose names begin with NAME, or for a stage as in --unfreeze, as in "
    "conv5_x=0.1,res4=0.01; of several NAMEs the longest counts")

/* Pascanu et al., ICML 2013. */
LVK_TRAIN_OPTION(NUMBER, clip_norm, 0, ZERO_OR_FROM_TO(1e-30, 1e30), "clip-norm", NULL, "X", TRAINING, ALL, 10,
    LATER_IDENTITY,
    "Gradient clipping: scale the gradients down where the norm of all of them together is above X; 0: never")

/* The first steps keep the share (1 + step) / (10 + step), as long as it is below D. */
LVK_TRAIN_OPTION(NUMBER, ema, 0, FROM_BELOW(0, 1), "ema", NULL, "D", TRAINING, ALL, 20, LATER_IDENTITY,
    "Validate and save an exponential moving average of the weights with the decay D, such as 0.999; 0: the weights "
    "themselves")

LVK_TRAIN_OPTION(NUMBER, momentum, 0.9, FROM_BELOW(0, 1), "momentum", NULL, "X", TRAINING, SGD, 6, IDENTITY,
    "sgd only: momentum, from 0 to below 1")

LVK_TRAIN_OPTION(NUMBER, weight_decay, 0.01, FROM_BELOW(0, 1000), "weight-decay", NULL, "X", TRAINING, ADAMW, 7, IDENTITY,
    "adamw only: weight decay of kernels; other parameters have none")

LVK_TRAIN_OPTION(NUMBER, l2, 0, FROM_BELOW(0, 1000), "l2", NULL, "X", TRAINING, ALL, 8, IDENTITY,
    "L2 penalty: add X times the sum of the squares of all kernels to the loss")

LVK_TRAIN_OPTION(SEED, seed, 1, ANY, "seed", NULL, "N", TRAINING, ALL, 0, IDENTITY,
    "Random seed for split, initial weights, order, augmentation, dropout")

/* ---- output ---- */

/* Features are saved up to 2 GiB. 0: a checkpoint after every step. */
LVK_TRAIN_OPTION(NUMBER, checkpoint_seconds, 300, FROM_TO(0, 1e9), "checkpoint-seconds", NULL, "N", OUTPUT, ALL, 0, KEPT,
    "Save a checkpoint at least every N seconds, and features of a frozen backbone at least every minute")

/* Not where the data set has parts of its own, which the user wants kept apart. `cv` and `tune` have an option
 * of their own. */
LVK_TRAIN_OPTION(FLAG, refit, true, ANY, "refit", NULL, NULL, NONE, ALL, 0, LATER_KEPT,
    "After the test, train a second time, on the images of all parts: the model that predict and export take")

/* The profiled step is the third, or the epoch's last if it has fewer. The result does not change. */
LVK_TRAIN_OPTION(FLAG, profile, false, ANY, "profile", NULL, NULL, NONE, ALL, 0, INPUT,
    "Profile the third step: print the time of each operator, and write a trace to the run folder (profile.json, for "
    "ui.perfetto.dev)")

/* The folder of the event file; "": "tensorboard" in the run folder; NULL: none. It must not have one of another training.
 * The second training has a folder "refit" in it. */
LVK_TRAIN_OPTION(TEXT, tensorboard, NULL, ANY, "tensorboard", NULL, "DIR", NONE, ALL, 0, INPUT,
    "Write an event file for TensorBoard to DIR: losses, scores and speed by epoch, precision-recall curves of the test, "
    "example images (RUN/tensorboard)")

#else
#include "leukvk/train_options.h"
#endif
/* clang-format on */
