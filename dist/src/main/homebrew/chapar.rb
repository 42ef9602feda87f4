class Chapar < Formula
  desc "Transactional, exactly-once event platform that speaks Kafka's wire protocol"
  homepage "@home@"
  url "@home@/chapar-@version@-portable.tar.gz"
  sha256 "@sha256@"
  license "Apache-2.0"

  depends_on "openjdk"

  def install
    libexec.install Dir["*"]
    (bin/"chapar").write_env_script libexec/"bin/chapar", CHAPAR_JAVA_HOME: Formula["openjdk"].opt_prefix
    man1.install Dir[libexec/"share/man/man1/*"]
    bash_completion.install libexec/"share/bash-completion/completions/chapar"
    zsh_completion.install libexec/"share/zsh/site-functions/_chapar"
    fish_completion.install libexec/"share/fish/vendor_completions.d/chapar.fish"
  end

  service do
    run [opt_bin/"chapar", "broker", "--data", var/"lib/chapar"]
    keep_alive true
  end

  test do
    assert_match version.to_s.delete_suffix("-SNAPSHOT"), shell_output("#{bin}/chapar --version")
  end
end
