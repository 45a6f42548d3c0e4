"""A root as one printable page: what a person files on paper, with the figures grouped to be read aloud."""

from __future__ import annotations

from datetime import timedelta, timezone
from html import escape

from gateway.domain.audit_roots import SignedRoot, grouped

SHANGHAI = timezone(timedelta(hours=8))

_STYLE = """
@page { size: A4; margin: 18mm }
body { font: 12pt/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #000; background: #fff;
  max-width: 174mm; margin: 0 auto; padding: 8mm 0 }
h1 { font-size: 17pt; margin: 0 } h2 { font-size: 12pt; margin: 7mm 0 1mm }
p { margin: 1mm 0 } table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #999; padding: 1.5mm 2mm 1.5mm 0; text-align: left; vertical-align: top }
code { font: 11pt/1.6 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
.sign { display: flex; gap: 20mm; margin-top: 14mm }
.sign span { flex: 1; border-top: 1px solid #000; padding-top: 1mm }
tr { break-inside: avoid }
"""


def page(signed: SignedRoot) -> str:
    """The page, in Chinese and English; it needs no other file."""
    root = signed.root
    day = "按需 · on demand" if root.day is None else root.day.isoformat()
    made = root.at.astimezone(SHANGHAI).isoformat(sep=" ", timespec="seconds")
    chains = "".join(
        f"<tr><td>{escape(name)}</td><td>{end.seq}</td><td><code>{grouped(end.hash)}</code></td></tr>"
        for name, end in sorted(root.chains.items())
    )
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>审计根 {root.number} · audit root {root.number}</title>
<style>{_STYLE}</style></head><body>
<h1>审计日志签名根 第 {root.number} 号</h1>
<p>Signed root of the audit, number {root.number}</p>
<table>
<tr><th>日期 · day</th><td>{day}</td></tr>
<tr><th>生成时间 · made at</th><td>{made}</td></tr>
<tr><th>算法 · algorithm</th><td>{root.algorithm.upper()} · Ed25519</td></tr>
</table>
<h2>本根摘要 · digest of this root</h2><p><code>{grouped(signed.digest)}</code></p>
<h2>上一根摘要 · digest of the root before</h2><p><code>{grouped(root.previous)}</code></p>
<h2>各链末行 · how each chain ends</h2>
<table><tr><th>链 · chain</th><th>行 · line</th><th>摘要 · hash</th></tr>{chains}</table>
<h2>签名 · signature</h2><p><code>{grouped(signed.signature)}</code></p>
<h2>公钥 · public key</h2><p><code>{grouped(root.key)}</code></p>
<p>核对：<code>gateway audit verify --root 文件</code> · To check: <code>gateway audit verify --root FILE</code></p>
<div class="sign"><span>核对人 · checked by</span><span>日期 · date</span></div>
</body></html>
"""
