package io.chapar.transport;

import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;

/// One request to be sent, built once the connection's version is known.
///
/// `lowest` and `highest` narrow the versions this client is willing to speak; the transport takes the highest that the
/// node serves too. `timeoutMs` counts from the moment it is handed over. A one-way call gets no answer from the broker
/// (Produce with acks=0).
public record Call(
        ApiKey api, short lowest, short highest, Builder builder, long timeoutMs, TrafficClass traffic,
        boolean oneWay) {
    /// The same fields at every version.
    public static Call of(Request request, long timeoutMs) {
        return of(ApiKey.of(request), timeoutMs, version -> request);
    }

    /// Fields that depend on the version.
    public static Call of(ApiKey api, long timeoutMs, Builder builder) {
        TrafficClass traffic = api == ApiKey.PRODUCE || api == ApiKey.FETCH ? TrafficClass.DATA : TrafficClass.CONTROL;
        return new Call(api, api.lowest(), api.latestStable(), builder, timeoutMs, traffic, false);
    }

    public Call atLeast(int version) {
        return new Call(api, (short) Math.max(lowest, version), highest, builder, timeoutMs, traffic, oneWay);
    }

    public Call atMost(int version) {
        return new Call(api, lowest, (short) Math.min(highest, version), builder, timeoutMs, traffic, oneWay);
    }

    public Call withoutAnswer() {
        return new Call(api, lowest, highest, builder, timeoutMs, traffic, true);
    }

    public Call on(TrafficClass other) {
        return new Call(api, lowest, highest, builder, timeoutMs, other, oneWay);
    }

    /// Makes the request at the agreed version. Runs on the loop, right before the bytes are written, once.
    @FunctionalInterface
    public interface Builder {
        Request at(short version);
    }
}
