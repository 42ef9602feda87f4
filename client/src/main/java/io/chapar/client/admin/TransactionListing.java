package io.chapar.client.admin;

/// One transactional id as its coordinator lists it. `state` is the protocol's word (Ongoing, PrepareCommit, ...).
public record TransactionListing(String transactionalId, long producerId, String state) {
}
