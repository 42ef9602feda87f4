package io.chapar.processor;

import io.chapar.client.UsageException;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Faults that were asked for, each for one call.
final class FaultPlan {
    private record Planned(Predicate<MemoryCluster.Call> where, Fault fault) {
    }

    private final TreeMap<Long, Fault> byCall = new TreeMap<>();
    private final List<Planned> byKind = new ArrayList<>();
    private long calls;

    void at(int callsFromNow, Fault fault) {
        if (callsFromNow < 1) {
            throw new UsageException("Calls are counted from 1");
        }
        byCall.put(calls + callsFromNow, fault);
    }

    void when(Predicate<MemoryCluster.Call> where, Fault fault) {
        byKind.add(new Planned(where, fault));
    }

    Fault next(MemoryCluster.Call call) {
        Fault numbered = byCall.remove(++calls);
        if (numbered != null) {
            return numbered;
        }
        for (Planned planned : byKind) {
            if (planned.where().test(call)) {
                byKind.remove(planned);
                return planned.fault();
            }
        }
        return Fault.NONE;
    }
}
