package io.chapar.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What the broker of a test is started with, see [ChaparExtension]. At a test method it holds instead of what its
/// class has.
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
public @interface WithSettings {
    /// Each as `name=value`, with Kafka's names.
    String[] value();
}
