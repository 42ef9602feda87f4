package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// By which names the HTTP port answers. A browser of somebody who can reach the port runs scripts of other sites as
/// well; a site that lets its own name point here (DNS rebinding) is known by its name in `Host`. That has to be an
/// address, `localhost`, or a name that this broker is said to have.
public final class KnownHosts {
    private static final int LONGEST_HOST = 300;
    /// Names that a setting may list.
    private static final int MOST = 100;

    private static final Pattern ADDRESS_4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final Pattern ADDRESS_6 = Pattern.compile("\\[[0-9a-f:.]+(%25[0-9a-z]+)?]");
    private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?");

    private final Set<String> names;

    /// @param names without ports, in any letters
    public KnownHosts(Set<String> names) {
        Set<String> small = new TreeSet<>();
        names.forEach(name -> small.add(name.toLowerCase(Locale.ROOT)));
        this.names = small;
    }

    /// Those that a broker with these settings is said to have.
    public static KnownHosts of(BrokerConfig config) {
        Set<String> names = new TreeSet<>();
        for (HostPort one : new @Nullable HostPort[] {config.metricsListener(), config.advertised()}) {
            if (one != null && one.isNamed()) {
                names.add(one.host());
            }
        }
        names.addAll(listed(config.value("metrics.hosts")));
        return new KnownHosts(names);
    }

    /// What is wrong with a list of names, as the rest of a sentence; null when nothing is.
    static @Nullable String problem(String list) {
        List<String> names = listed(list);
        if (names.size() > MOST) {
            return "takes at most " + MOST + " names, not " + names.size();
        }
        for (String name : names) {
            if (name.length() > LONGEST_HOST || !NAME.matcher(name).matches()) {
                return "takes names of hosts without ports, not '" + name + "'";
            }
        }
        return null;
    }

    private static List<String> listed(String list) {
        return Pattern.compile(",").splitAsStream(list).map(String::strip).filter(one -> !one.isEmpty()).toList();
    }

    /// Whether a request with these values of `Host` is one for this broker: with one, of the names that are known.
    public boolean know(@Nullable List<String> said) {
        return said != null && said.size() == 1 && knows(said.getFirst());
    }

    /// @param host with or without a port
    private boolean knows(String host) {
        if (host.length() > LONGEST_HOST) {
            return false;
        }
        String name = PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst("");
        return name.equals("localhost") || name.endsWith(".localhost") || names.contains(name)
                || ADDRESS_4.matcher(name).matches() || ADDRESS_6.matcher(name).matches();
    }

    @Override
    public String toString() {
        return names.toString();
    }
}
