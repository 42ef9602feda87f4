package io.chapar.console;

import io.chapar.client.producer.Producer;
import io.chapar.protocol.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Every page in a browser, in both colours, wide and narrow, with a picture of each in `target/console-pages`; and
/// that nothing which clients can name or write is taken for markup.
final class ConsolePagesIT {
    private static final Path PICTURES = Path.of("target", "console-pages");

    @TempDir
    private static Path folder;
    private static ConsoleBroker broker;
    private static Producer<byte[], byte[]> holds;
    private static Chromium browser;

    @BeforeAll
    static void start() throws Exception {
        browser = Chromium.start(folder.resolve("browser"));
        broker = ConsoleBroker.start(folder.resolve("data"), true);
        broker.topic("orders", 3);
        broker.topic("payments.settled", 1);
        broker.plain("orders", 0, ConsoleBroker.utf8("customer-17"),
                ConsoleBroker.utf8("{\"id\":4711,\"lines\":[{\"article\":\"lamp\",\"count\":2}],\"paid\":false}"),
                ConsoleBroker.header("trace", "00-4bf92f3577b34da6"));
        broker.plain("orders", 0, new byte[] {0, 1, (byte) 0xfe}, new byte[] {(byte) 0xca, (byte) 0xfe, 0, 7});
        broker.plain("orders", 0, ConsoleBroker.utf8(ConsoleBroker.MARKUP), ConsoleBroker.utf8(ConsoleBroker.MARKUP),
                ConsoleBroker.header(ConsoleBroker.MARKUP, ConsoleBroker.MARKUP));
        broker.plain("orders", 0, ConsoleBroker.utf8("customer-18"), null);
        broker.plain("payments.settled", 0, null, ConsoleBroker.utf8("x".repeat(300_000)));
        try (Producer<byte[], byte[]> ends = broker.producer("till-1")) {
            ends.beginTransaction();
            ConsoleBroker.send(ends, "orders", "customer-19", "committed");
            ends.commitTransaction();
            ends.beginTransaction();
            ConsoleBroker.send(ends, "orders", "customer-19", "never happened");
            ends.abortTransaction();
        }
        holds = broker.producer(ConsoleBroker.MARKUP);
        holds.beginTransaction();
        ConsoleBroker.send(holds, "orders", "customer-20", "not yet");
        broker.committed("billing", Map.of(new TopicPartition("orders", 0), 2L));
        broker.committed(ConsoleBroker.MARKUP, Map.of(new TopicPartition("payments.settled", 0), 0L));
    }

    @AfterAll
    static void stop() {
        if (holds != null) {
            holds.abortTransaction();
            holds.close();
        }
        if (broker != null) {
            broker.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    /// What to open, and what is there when it has come.
    private record Page(String name, String hash, String shows) {
    }

    private static final List<Page> PAGES = List.of(
            new Page("overview", "", "Oldest open transactions"),
            new Page("topics", "topics", "payments.settled"),
            new Page("topic", "topics/orders", "epoch"),
            new Page("records", "topics/orders/records?all=true&start=earliest", "abort mark"),
            new Page("topic-settings", "topics/orders/settings", "retention.ms"),
            new Page("groups", "groups", "billing"),
            new Page("group", "groups/billing", "Committed"),
            new Page("transactions", "transactions", "Ongoing"),
            new Page("why", "why/orders/0", "Held back by transactional id"),
            new Page("brokers", "brokers", "in session"),
            new Page("broker-settings", "brokers/1", "num.partitions"));

    @Test
    void everyPageShowsWhatItIsForWideAndNarrowLightAndDark() throws Exception {
        for (Page page : PAGES) {
            browser.size(1280, 900);
            show(page);
            look(page, "light", 1280);
            look(page, "dark", 400);
        }
        assertEquals(List.of(), browser.complaints());
    }

    @Tag("nightly")
    @Test
    void theOtherSizesAndColoursAreAsGood() throws Exception {
        for (Page page : PAGES) {
            browser.size(400, 900);
            show(page);
            look(page, "light", 400);
            look(page, "dark", 1280);
        }
        assertEquals(List.of(), browser.complaints());
    }

    /// The page that is open.
    private static void look(Page page, String colours, int width) throws IOException {
        browser.colours(colours);
        browser.size(width, 900);
        browser.picture(PICTURES.resolve(page.name + "-" + colours + "-" + width + ".png"));
        assertEquals("true", browser.value("document.documentElement.scrollWidth <= innerWidth"),
                page.name + " is wider than " + width);
    }

    private static void show(Page page) {
        browser.open(broker.url("#/" + page.hash));
        browser.until(page.shows);
        assertFalse(browser.value("document.title").contains("owned"), page.name);
        assertEquals("0", browser.value("document.querySelectorAll('main img, main script, main iframe').length"),
                page.name);
    }

    @Test
    void whatClientsNameAndWriteStaysText() throws IOException {
        browser.open(broker.url("#/topics/orders/records?all=true&start=earliest"));
        browser.until("abort mark");
        assertEquals("true", browser.value("document.body.innerText.includes('<img src=x')"));
        browser.value("document.querySelector('[aria-label=\"Open the record at 2\"]').click()");
        browser.until("Headers, 1");
        browser.picture(PICTURES.resolve("record.png"));
        browser.open(broker.url("#/groups/"
                + URLEncoder.encode(ConsoleBroker.MARKUP, StandardCharsets.UTF_8).replace("+", "%20")));
        browser.until("Committed");
        browser.open(broker.url("#/why/orders/0"));
        browser.until("Held back by transactional id <img");
        for (String nowhere : List.of("#/<img src=x onerror=alert(1)>", "#/topics/%zz")) {
            browser.open(broker.url(nowhere));
            browser.until("There is no such page");
        }
        assertEquals("0", browser.value("document.querySelectorAll('main img, main script').length"));
        assertFalse(browser.value("document.title").contains("owned"));
        assertEquals(List.of(), browser.complaints());
    }

    /// With all that it asks for to show something.
    @Test
    void thePageIsSmall() {
        browser.open(broker.url("#/"));
        browser.until("Oldest open transactions");
        String all = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]";
        int files = Integer.parseInt(browser.value(all + ".length"));
        assertTrue(files > 10, files + " files are the page");
        long bytes = Long.parseLong(browser.value(all + ".reduce((sum, one) => sum + one.encodedBodySize, 0)"));
        assertTrue(bytes > 10_000 && bytes < 300_000, bytes + " bytes");
    }

    @Test
    void thePagesAreUsedWithTheKeyboardAlone() {
        browser.open(broker.url("#/"));
        browser.until("Oldest open transactions");
        browser.key("Tab", 9);
        assertEquals("Skip to the content", browser.value("document.activeElement.textContent"));
        for (int i = 0; i < 3; i++) {
            browser.key("Tab", 9);
        }
        assertEquals("Topics", browser.value("document.activeElement.textContent"));
        browser.value("document.activeElement.click()");
        // The overview has the names of topics too.
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> browser.value(
                "document.querySelector('nav a[href=\"#/topics\"]').ariaCurrent"), "page"::equals);
        browser.until("payments.settled");
        assertEquals("0", browser.value("[...document.querySelectorAll('input, select, button, a')].filter(one =>"
                + " !(one.textContent.trim() || one.ariaLabel || one.labels?.length)).length"));
        assertEquals("1", browser.value("document.querySelectorAll('h1').length"));
    }

    @Test
    void aPageThatIsOpenSeesWhatHappens() throws Exception {
        broker.topic("live", 1);
        browser.open(broker.url("#/topics/live"));
        browser.until("epoch");
        broker.plain("live", 0, null, ConsoleBroker.utf8("v"));
        String ends = "[...document.querySelectorAll('tbody tr')].map(one => one.cells[5].textContent).join()";
        Awaitility.await().atMost(Duration.ofSeconds(60))
                .until(() -> browser.value(ends), "1"::equals);
        assertTrue(browser.value("document.getElementById('live').textContent").contains("live"));
        hide();
        assertEquals("", browser.value("document.getElementById('live').textContent"));
    }

    @Test
    void theOverviewSaysWhoWasFencedLately() throws Exception {
        try (Producer<byte[], byte[]> first = broker.producer("till-2")) {
            first.beginTransaction();
            ConsoleBroker.send(first, "payments.settled", "customer-21", "in vain");
            broker.producer("till-2").close();
            browser.open(broker.url("#/"));
            browser.until("Producers fenced lately");
            browser.until("till-2");
        }
    }

    private static void hide() {
        browser.value("(Object.defineProperty(document, 'hidden', { value: true }),"
                + " document.dispatchEvent(new Event('visibilitychange')))");
    }

    /// A browser has six connections to one server: pages that were left, and tabs behind others, must not hold them.
    @Tag("nightly")
    @Test
    void aPageThatWasLeftHoldsNoStream() {
        for (int i = 0; i < 3; i++) {
            browser.open(broker.url("#/topics"));
            browser.until("payments.settled");
        }
        Awaitility.await().atMost(Duration.ofSeconds(120)).until(broker::streams, open -> open == 1);
        hide();
        Awaitility.await().atMost(Duration.ofSeconds(120)).until(broker::streams, open -> open == 0);
    }
}
