package io.chapar.client.admin;

import io.chapar.protocol.ErrorCode;

/// A folder in which a broker keeps logs, and the disk under it.
///
/// @param error NONE while the broker can use it; without it nothing else is known
/// @param totalBytes of the disk; -1 where the broker does not tell
/// @param usableBytes what is left of the disk; -1 where the broker does not tell
/// @param cordoned whether it gets no new replicas (KIP-1066)
public record LogFolder(String path, ErrorCode error, long totalBytes, long usableBytes, boolean cordoned) {
}
