package io.chapar.broker.group.modern;

import org.jspecify.annotations.Nullable;

/// What a member of a [ModernGroup] says about itself.
public interface ModernMember {
    String id();

    /// Null for a dynamic member.
    @Nullable String instanceId();
}
