package io.chapar.client.admin;

/// One group as its coordinator lists it. `state` and `type` are the protocol's words, empty from old brokers.
public record GroupListing(String groupId, String protocolType, String state, String type) {
}
