package io.chapar.broker.metrics;

import io.netty.util.internal.PlatformDependent;
import io.prometheus.metrics.model.snapshots.Labels;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.Map;

/// What is told of the process and its Java machine.
final class ProcessMetrics {
    private static final double MS_PER_SECOND = 1_000;

    private ProcessMetrics() {}

    static void add(Snapshots out) {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        out.gauge("jvm_heap_used_bytes", "Java heap in use.", heap.getUsed());
        out.gauge("jvm_heap_max_bytes", "Java heap at most.", heap.getMax());
        out.gauge("jvm_direct_used_bytes", "Memory of network buffers in use.",
                Math.max(0, PlatformDependent.usedDirectMemory()));
        out.gauge("jvm_direct_max_bytes", "Memory of network buffers at most.", PlatformDependent.maxDirectMemory());
        Map<Labels, Double> collections = Snapshots.values();
        Map<Labels, Double> seconds = Snapshots.values();
        for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
            Labels labels = Labels.of("gc", gc.getName());
            collections.put(labels, (double) Math.max(0, gc.getCollectionCount()));
            seconds.put(labels, Math.max(0, gc.getCollectionTime()) / MS_PER_SECOND);
        }
        out.counters("jvm_gc_collections", "Garbage collections.", collections);
        out.counters("jvm_gc_seconds", "Time spent in garbage collections.", seconds);
        out.gauge("jvm_threads", "Threads of the process.", ManagementFactory.getThreadMXBean().getThreadCount());
        out.gauge("process_start_time_seconds", "When the process began.",
                ManagementFactory.getRuntimeMXBean().getStartTime() / MS_PER_SECOND);
        ProcessHandle.current().info().totalCpuDuration().ifPresent(cpu ->
                out.counter("process_cpu_seconds", "Processor time used.", cpu.toMillis() / MS_PER_SECOND));
    }
}
