/* TensorBoard event files: records of TFRecord's framing, each of which holds an event (events.proto).
 *
 * A record is the length of its data (8 bytes, little-endian), the masked CRC-32C of these 8 bytes, the data, and the
 * masked CRC-32C of the data (4 bytes each). Records are only appended, so that TensorBoard can read the file while it
 * grows; a process that is killed leaves at most one record that is not whole, at the end. */
#ifndef LVK_TRAIN_EVENT_FILE_H
#define LVK_TRAIN_EVENT_FILE_H

#include "core/text.h"

#include <events.pb-c.h>

/* The name of the file in its folder: TensorBoard reads files with "tfevents" in their names. */
#define LVK_EVENT_FILE_NAME "events.out.tfevents.leukvk"

/* CRC-32C (Castagnoli, IEEE Transactions on Communications 41, 1993; RFC 3720, appendix B.4). */
uint32_t lvk_crc32c(const void *data, size_t size);

/* Adds the event as a record to `records`, at the time now where the event has none. */
void lvk_event_add(lvk_text *records, Tensorboard__Event *event);

/* Appends records to the file, which is created if there is none, by one write. */
LVK_MUST_USE lvk_status lvk_event_file_append(const char *path, const lvk_text *records);

/* Calls `visit` with each whole event of the file, until `visit` returns false. Then shortens the file to the events
 * before that one, so that what is appended follows them. LVK_ERROR_FORMAT: the file does not begin with an event
 * that is kept (the file is left as it is); LVK_ERROR_IO; LVK_ERROR_LIMIT: the file is larger than any that is written. */
typedef bool (*lvk_event_visitor)(void *user, const Tensorboard__Event *event);
LVK_MUST_USE lvk_status lvk_event_file_resume(const char *path, lvk_event_visitor visit, void *user);

#endif
