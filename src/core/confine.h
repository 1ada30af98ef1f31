/* Takes from a process what it needs only to reach out of itself. */
#ifndef LVK_CORE_CONFINE_H
#define LVK_CORE_CONFINE_H

/* From now on this process, which must have a single thread, has no open file, pipe or socket but the
 * descriptor `kept`, one of the standard streams', which it may read and write. It may ask the system for
 * nothing else but memory, the time, and its end: it cannot open, send, start or signal anything. Calls that
 * it may not make fail with EPERM. Where the system lacks the means (seccomp), only its descriptors are
 * closed. */
void lvk_process_confine(int kept);

#endif
