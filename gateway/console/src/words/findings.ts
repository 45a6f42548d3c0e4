/** What a verification of the audit finds, in one English sentence each, as the reader reads it. */

import { i18n } from './index'
import { inChinese, type Patterns } from './spoken'

const CHINESE: Patterns = [
  [/^line (\d+) stands before the first$/, '第 $1 行在首行之前'],
  [/^line (\d+) does not follow the one before it$/, '第 $1 行与前一行不衔接'],
  [/^line (\d+) is missing$/, '缺少第 $1 行'],
  [/^line (\d+) is missing: the next one is (\d+)$/, '缺少第 $1 行，下一行为第 $2 行'],
  [/^line (\d+) cannot be read: it was changed$/, '第 $1 行无法读取：已被改动'],
  [/^line (\d+) was changed after it was written$/, '第 $1 行写入后被改动'],
  [/^the columns of line (\d+) were changed$/, '第 $1 行的各列被改动'],
  [/^the (\S+) typed into line (\d+) is gone without an erasure$/, '第 $2 行所填的 $1 已消失，且没有删除记录'],
  [/^the (\S+) typed into line (\d+) was erased and no line says by whom$/, '第 $2 行所填的 $1 已被删除，且没有记录说明由谁删除'],
  [/^the (\S+) typed into line (\d+) was changed$/, '第 $2 行所填的 $1 被改动'],
  [/^line (\d+) was given a text that it did not have: (\S+)$/, '第 $1 行被添加了原本没有的内容：$2'],
  [/^a stored root cannot be read: it was changed$/, '库中一份根无法读取：已被改动'],
  [/^root (\d+) is not the first$/, '根 $1 不是第一份'],
  [/^root (\d+) is missing: the next one is (\d+)$/, '缺少根 $1，下一份为根 $2'],
  [/^root (\d+) does not follow root (\d+)$/, '根 $1 与根 $2 不衔接'],
  [/^root (\d+) tells less of chain (\S+) than root (\d+)$/, '根 $1 所载的链 $2 短于根 $3'],
  [/^root (\d+), kept in (.+), is gone from the database$/, '保存在 $2 的根 $1 已不在库中'],
  [/^root (\d+) is not the one kept in (.+)$/, '根 $1 与保存在 $2 的不一致'],
  [/^root (\d+) does not bear its signature: it was changed$/, '根 $1 与其签名不符：已被改动'],
  [/^root (\d+), kept in (.+), does not bear its signature: it was changed$/, '保存在 $2 的根 $1 与其签名不符：已被改动'],
  [/^root (\d+) is signed with a key that is not known here: (\S+)$/, '根 $1 的签名密钥在此未登记：$2'],
  [/^root (\d+), kept in (.+), is signed with a key that is not known here: (\S+)$/, '保存在 $2 的根 $1，其签名密钥在此未登记：$3'],
  [/^root (\d+) knows line (\d+), and the chain ends at line (\d+): it was cut off$/, '根 $1 载有第 $2 行，而链止于第 $3 行：链尾被截去'],
  [/^root (\d+), kept in (.+), knows line (\d+), and the chain ends at line (\d+): it was cut off$/, '保存在 $2 的根 $1 载有第 $3 行，而链止于第 $4 行：链尾被截去'],
  [/^line (\d+) is not the one that root (\d+) was made over: the chain was written anew$/, '第 $1 行与生成根 $2 时的不一致：链被重写'],
  [/^line (\d+) is not the one that root (\d+), kept in (.+), was made over: the chain was written anew$/, '第 $1 行与生成根 $2（保存在 $3）时的不一致：链被重写'],
  [/^the note of how the chain ends, kept since line (\d+), is gone from the data folder$/, '自第 $1 行起保存的链尾记录已不在数据目录中'],
  [/^the chain was noted in this data folder, and neither its note nor the line that says so is left$/, '该链曾在此数据目录中留有记录，现在记录和载明此事的行都已不在'],
  [/^the note of how the chain ends \(it has (\d+) lines\) cannot be read \((.+)\): give it to the service$/, '链尾记录（链有 $1 行）无法读取（$2）：请将该文件的权限交给服务账号'],
  [/^the note of how the chain ends \(it has (\d+) lines\) cannot be read: it was changed$/, '链尾记录（链有 $1 行）无法读取：已被改动'],
  [/^the note that the chain ends at line (\d+) does not bear its signature: it was changed$/, '“链止于第 $1 行”的记录与其签名不符：已被改动'],
  [/^the note that the chain ends at line (\d+) is signed with a key that is not known here: (\S+)$/, '“链止于第 $1 行”的记录，其签名密钥在此未登记：$2'],
  [/^line (\d+) was noted as the chain's end, and it ends at line (\d+): it was cut off$/, '第 $1 行曾记为链尾，而链止于第 $2 行：链尾被截去'],
  [/^line (\d+) is not the one that was noted as the chain's end: it was written anew$/, '第 $1 行与所记的链尾不一致：已被重写'],
  [/^lines (\d+) to (\d+) were not written by the gateway whose chain it is: somebody else added them$/, '第 $1 至 $2 行不是该链所属网关写入的：系他人添加'],
  [/^the reason of a view that line (\d+) covers was changed, or is gone without an erasure$/, '第 $1 行所涵盖的一条查看理由被改动，或已消失且没有删除记录'],
  [/^the views that began by line (\d+) are not those in the register$/, '第 $1 行所载开始的查看与登记簿不一致'],
  [/^the views that ended by line (\d+) are not those in the register$/, '第 $1 行所载结束的查看与登记簿不一致'],
]

/** A finding in the language in use. */
export function findingFor(said: string): string {
  return i18n.global.locale.value === 'en' ? said : inChinese(said, CHINESE)
}
