package io.chapar.testing;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/// Gives each property that names no seed the same seed in every build, drawn from its name: whether a build passes
/// depends on what was changed, not on luck. With `-Dtests.seeds=random` every run draws new ones, to search further.
public final class RepeatableSeeds implements AroundPropertyHook {
    private static final boolean RANDOM = "random".equals(System.getProperty("tests.seeds"));

    @Override
    public PropagationMode propagateTo() {
        return PropagationMode.ALL_DESCENDANTS;
    }

    @Override
    public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property) {
        if (!RANDOM && context.attributes().seed().isEmpty()) {
            String name = context.containerClass().getName() + "." + context.targetMethod().getName();
            context.attributes().setSeed(Long.toString(name.hashCode()));
        }
        return property.execute();
    }
}
