/* SPDX-License-Identifier: MIT */
/* What a channel has beside bytes: handles that arrived, and the one that is to leave. */
#ifndef KIN_POSIX_CHANNEL_H
#define KIN_POSIX_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct kin_posix_channel;

struct kin_posix_channel *kin_posix_channel_new(void);

/* Closes what arrived and was not taken. NULL does nothing. */
void kin_posix_channel_free(struct kin_posix_channel *channel);

/* As recv(2) and send(2); a peer that is gone with our bytes unread is the end, and no signal is raised. */
ssize_t kin_posix_channel_receive(struct kin_posix_channel *channel, int descriptor, void *data, size_t size);
ssize_t kin_posix_channel_send(struct kin_posix_channel *channel, int descriptor, const void *data, size_t size);

/* Whether a short count of the last of them means that nothing is left now. */
bool kin_posix_channel_tells_by_short(const struct kin_posix_channel *channel);

/* Two connected ends, close-on-exec. 0 or an errno value. */
int kin_posix_channel_pair(int *ours, int *theirs);

#endif
