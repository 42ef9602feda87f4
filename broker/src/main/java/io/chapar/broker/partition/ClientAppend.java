package io.chapar.broker.partition;

import io.chapar.broker.producer.VerificationGuard;

/// How a client's batch came in.
///
/// @param apiVersion version of the Produce request
/// @param acks -1, 0 or 1
/// @param guard what [Partition#verificationGuard] gave for this batch before the coordinator was asked, or null
public record ClientAppend(short apiVersion, short acks, VerificationGuard guard) {}
