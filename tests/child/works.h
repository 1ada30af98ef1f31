/* What the program of the test `child` can be asked to do (works.c), and what it is told. */
#ifndef TESTS_CHILD_WORKS_H
#define TESTS_CHILD_WORKS_H

#include <stddef.h>
#include <sys/types.h>

typedef enum work { DOUBLE, REFUSE, INVENT, CRASH, LEAVE, STOP_TALKING, NEVER_END, REACH_OUT, HOARD } work;

/* What somebody who takes over the library that reads a file would do next. */
enum { OPEN, SOCKET, DUPLICATE, PIPE, START, EXECUTE, SIGNAL, LOOK_INTO, REACHES };

typedef struct request {
    work work;
    int number;     /* to be doubled */
    int descriptor; /* a pipe that is open in the process that asks, as the connections of a server are */
    pid_t parent;
    const void *page; /* of the parent's memory */
} request;

typedef struct answer {
    int number;
    long reached[REACHES];
    int variables; /* of the environment */
    size_t taken;  /* bytes */
} answer;

#endif
