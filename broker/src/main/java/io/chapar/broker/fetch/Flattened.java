package io.chapar.broker.fetch;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/// All parts of all wholes in their order, each made when it is asked for: a stream makes all parts of a whole at once.
final class Flattened<W, P> implements Iterator<P> {
    private final Iterator<W> wholes;
    private final Function<W, Iterator<P>> parts;
    private Iterator<P> current = Collections.emptyIterator();

    Flattened(Iterable<W> wholes, Function<W, Iterator<P>> parts) {
        this.wholes = wholes.iterator();
        this.parts = parts;
    }

    @Override
    public boolean hasNext() {
        while (!current.hasNext() && wholes.hasNext()) {
            current = parts.apply(wholes.next());
        }
        return current.hasNext();
    }

    @Override
    public P next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return current.next();
    }
}
