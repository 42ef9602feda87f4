package io.chapar.broker.peer.socket;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/// A key of its own and a certificate by itself, as PEM.
public record Certificates(String key, String certificate) {
    private static final String PASSWORD = "changeit";

    /// @param names as keytool writes them, such as `ip:127.0.0.1`
    public static Certificates of(Path folder, String names) throws IOException, InterruptedException {
        Path store = Files.createTempDirectory(folder, "keys").resolve("store.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "san=" + names,
                "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD, "-validity", "30")
                .redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new AssertionError(said);
        }
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            return new Certificates(
                    pem("PRIVATE KEY", keys.getKey("own", PASSWORD.toCharArray()).getEncoded()),
                    pem("CERTIFICATE", keys.getCertificate("own").getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                + "\n-----END " + what + "-----\n";
    }

    /// The certificate of this key as if it was of that.
    Certificates withKeyOf(Certificates other) {
        return new Certificates(other.key(), certificate);
    }

    /// Writes what a broker needs that has this key, and speaks with those.
    public PeerTls.Stores stores(Path folder, boolean namesHosts, List<Certificates> others) throws IOException {
        return stores(folder, namesHosts, null, others);
    }

    /// @param host by which others dial the broker
    PeerTls.Stores stores(Path folder, boolean namesHosts, @Nullable String host, List<Certificates> others)
            throws IOException {
        Path own = Files.createTempDirectory(folder, "stores");
        PeerTls.Stores made = new PeerTls.Stores(
                own.resolve("keystore.pem"), own.resolve("truststore.pem"), namesHosts, host);
        write(made, others);
        return made;
    }

    void write(PeerTls.Stores stores, List<Certificates> others) throws IOException {
        Files.writeString(stores.keystore(), key + certificate);
        StringBuilder trusted = new StringBuilder();
        others.forEach(one -> trusted.append(one.certificate()));
        Files.writeString(stores.truststore(), trusted);
    }
}
