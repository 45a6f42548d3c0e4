/** What is wrong with a catalogue file, in one English sentence each, as the reader reads it; columns keep their names. */

import { i18n } from './index'
import { CAMERAS } from './refusals/cameras'
import { inChinese, type Patterns } from './spoken'

const CELLS: Patterns = [
  [/^(\S+) is missing: fill it in$/, '缺少 $1，请填写'],
  [/^(\S+) has (\d+) characters: shorten it to (\d+)$/, '$1 有 $2 个字符，请缩短到 $3 个以内'],
  [/^(\S+) has a line break or control character: remove it$/, '$1 含换行或控制字符，请删除'],
  [/^(\S+) is (.+): write letters, digits, dots, hyphens and underscores only$/, '$1 为 $2，只能用字母、数字、点、连字符和下划线'],
  [/^(\S+) is (.+): write letters, digits, dots, hyphens and underscores only, in half-width characters$/, '$1 为 $2，请用半角的字母、数字、点、连字符和下划线'],
  [/^(\S+) is (.+): write the township's 9 digits$/, '$1 为 $2，请填写镇街的 9 位代码'],
  [/^(\S+) is (.+): write the township's 9 digits, in half-width characters$/, '$1 为 $2，请用半角填写镇街的 9 位代码'],
  [/^(\S+) is (.+): write 2 to 8 digits$/, '$1 为 $2，请填写 2 至 8 位数字'],
  [/^(\S+) is (.+): write 2 to 8 digits, in half-width characters$/, '$1 为 $2，请用半角填写 2 至 8 位数字'],
  [/^(\S+) is (.+): write 6 digits$/, '$1 为 $2，请填写 6 位数字'],
  [/^(\S+) is (.+): write 6 digits, in half-width characters$/, '$1 为 $2，请用半角填写 6 位数字'],
  [/^(\S+) is (.+): write codes with \/ between them$/, '$1 为 $2，请填写代码，多个代码之间用 / 分隔'],
  [/^(\S+) is (.+): write codes with \/ between them, in half-width characters$/, '$1 为 $2，请用半角填写代码，多个代码之间用 / 分隔'],
  [/^(\S+) is not text: format the column as text, or put it in quotes, and enter it again$/, '$1 不是文本：请将该列设为文本格式（或加引号）后重新填写'],
  [/^(\S+) is the truth value (\S+): put it in quotes$/, '$1 被识别为逻辑值 $2，请加引号'],
  [/^(\S+) is the number (.+): write it as text$/, '$1 为数字 $2，请改为文本'],
  [
    /^(\S+) was stored as the number (.+), and a number keeps only 15 of an id's 20 digits: format the column as text and enter the id again$/,
    '$1 被存成了数字 $2，数字只能保留 20 位编码中的 15 位：请将该列设为文本格式后重新填写编码',
  ],
  [
    /^(\S+) was stored as the number (.+), and a number keeps only 15 of an id's 20 digits: format the column as text and enter the id again; if it does end in five zeros, save the file as \.xlsx$/,
    '$1 被存成了数字 $2，数字只能保留 20 位编码中的 15 位：请将该列设为文本格式后重新填写编码；若编码末五位确为 0，请另存为 .xlsx',
  ],
  [/^(\S+) is (.+): write a date such as (\S+)$/, '$1 为 $2，请填写日期，例如 $3'],
  [/^(\S+) is (.+): write a whole number$/, '$1 为 $2，请填写整数'],
  [/^(\S+) is (.+): write a number$/, '$1 为 $2，请填写数字'],
  [/^(\S+) is (.+): it must lie between (\S+) and (\S+)$/, '$1 为 $2，应在 $3 与 $4 之间'],
  [/^(\S+) is (.+): write true or false$/, '$1 为 $2，请填写 true 或 false'],
  [/^(\S+) is (.+): write one of (.+)$/, '$1 为 $2，只能填写以下之一：$3'],
  [/^(\S+) has a password or user in it: write the host alone, and the user and password in their columns$/, '$1 含用户名或密码：请只写主机，用户名和密码填在各自的列中'],
  [/^(\S+) has a zone \(%\), which one machine alone understands: write a name, or an address without it$/, '$1 含区域标识（%），只在一台机器上有效：请填写主机名，或不带区域标识的地址'],
  [/^(\S+) has brackets around what is no IPv6 address: write a name or an address without them$/, '$1 的方括号内不是 IPv6 地址：请填写不带方括号的主机名或地址'],
  [
    /^(\S+) is (.+): write a host name or an address alone, such as (\S+), without rtsp:\/\/ or :554$/,
    '$1 为 $2，请只写主机名或地址，例如 $3，不带 rtsp:// 和 :554',
  ],
  [
    /^(\S+) has a password in it: write \{username\} and \{password\} there, and the user and password in their columns$/,
    '$1 含密码：请在该处写 {username} 和 {password}，用户名和密码填在各自的列中',
  ],
  [/^(\S+) is (.+): write the path alone, beginning with \/, without rtsp:\/\/ and host$/, '$1 为 $2，请只写以 / 开头的路径，不带 rtsp:// 和主机'],
  [/^(\S+) has the unknown purpose (.+): the known ones are (.+)$/, '$1 含未知用途 $2，可用的用途为：$3'],
  [/^holds a formula: replace it by its value$/, '此单元格是公式，请改为数值'],
]

const ROWS: Patterns = [
  [/^id (\S+) is in row (\d+) already: give this one another id$/, 'id $1 已在第 $2 行出现，请换一个 id'],
  [/^parent_id makes (\S+) its own ancestor: leave it empty at the top$/, 'parent_id 使 $1 成为自己的上级：最上级请留空'],
  [/^main_path is missing: a camera of the scheme rtsp needs its stream's path$/, '缺少 main_path：rtsp 接入的点位需要码流路径'],
  [/^site_id is missing: a camera without recorder needs its site$/, '缺少 site_id：不属于录像机的点位需要填写站点'],
  [/^host is missing: a camera without recorder needs its address$/, '缺少 host：不属于录像机的点位需要填写地址'],
  [/^channel is set without recorder_id: fill in both or neither$/, '填了 channel 而没有 recorder_id：请同时填写或同时留空'],
  [/^onvif_port is missing: a camera of the scheme onvif needs it \(often 80\)$/, '缺少 onvif_port：onvif 接入的点位需要填写（通常为 80）'],
  [/^host is not that of recorder (\S+): leave it empty for a channel$/, 'host 与录像机 $1 的不同：通道请留空'],
  [/^(\S+) belongs to recorder (\S+): leave it empty for a channel$/, '$1 属于录像机 $2：通道请留空'],
  [/^channel is missing: say which channel of the recorder the camera is$/, '缺少 channel：请填写点位是录像机的第几通道'],
  [/^channel is (\d+), but (\S+) has (\d+) channels$/, 'channel 为 $1，而 $2 只有 $3 个通道'],
  [/^channel (\d+) of (\S+) is in row (\d+) already$/, '$2 的第 $1 通道已在第 $3 行出现'],
  [/^channel (\d+) of (\S+) belongs to camera (\S+)$/, '$2 的第 $1 通道已属于点位 $3'],
  [/^(\S+) names the organisation (\S+), which is not known: load it first$/, '$1 中的单位 $2 不存在，请先导入'],
  [/^(\S+) names the site (\S+), which is not known: load it first$/, '$1 中的站点 $2 不存在，请先导入'],
  [/^(\S+) names the recorder (\S+), which is not known: load it first$/, '$1 中的录像机 $2 不存在，请先导入'],
  [/^township_code names the township (\S+), which is not known: correct the code$/, 'township_code 中的镇街 $1 不存在，请更正代码'],
  [/^gb_id cannot be: an id of GB\/T 28181 has only the digits 0 to 9: (.+) has something else$/, 'gb_id 无效：国标编码只含数字 0 至 9，$1 含其他字符'],
  [/^gb_id cannot be: an id of GB\/T 28181 has (\d+) digits: (\S+) has (\d+)$/, 'gb_id 无效：国标编码为 $1 位，$2 有 $3 位'],
  [/^gb_id cannot be: the id (\S+) must begin with an administrative code \(11 to 82\): it begins with (\S+)$/, 'gb_id 无效：编码 $1 应以行政区划代码（11 至 82）开头，现以 $2 开头'],
  [/^gb_id cannot be: digits 11 to 13 of the id (\S+) are no type of device: (\S+)$/, 'gb_id 无效：编码 $1 的第 11 至 13 位不是设备类型：$2'],
  [/^gb_id (\S+) has the type (\S+): digits 11 to 13 must be (\d+)$/, 'gb_id $1 的类型为 $2，第 11 至 13 位应为 $3'],
  [/^gb_id (\S+) has the type (\S+): digits 11 to 13 must be (\d+) or (\d+)$/, 'gb_id $1 的类型为 $2，第 11 至 13 位应为 $3 或 $4'],
  [/^gb_id (\S+) is in row (\d+) already: every device has its own$/, 'gb_id $1 已在第 $2 行出现，每台设备应有各自的编码'],
  [/^gb_id (\S+) belongs to (\S+): every device has its own$/, 'gb_id $1 已属于 $2，每台设备应有各自的编码'],
  [/^password and secret_from are both set: leave one empty$/, 'password 和 secret_from 都填了：请留空一个'],
  [/^username is missing beside (\S+)$/, '填了 $1 而缺少 username'],
  [/^password is missing: files that we export leave it out, enter it again$/, '缺少 password：导出的文件不含密码，请重新填写'],
  [/^password is missing: the address is another one, and the password kept stays with the old$/, '缺少 password：地址已变，已存的密码只用于原地址'],
  [/^secret_from names (.+), for which no password was given$/, 'secret_from 中的 $1 没有对应的密码'],
  [/^lifecycle is (\S+), but camera (\S+) is (\S+) and cannot become that: leave it empty$/, 'lifecycle 为 $1，但点位 $2 现为 $3，不能改成该状态：请留空'],
  [/^(\S+) is missing: a camera that is (\S+) needs it$/, '缺少 $1：状态为 $2 的点位需要填写'],
]

const FILES: Patterns = [
  [/^the file is larger than (\d+) MB: split it$/, '文件超过 $1 MB，请拆分'],
  [/^a file that ends in (.+) is not known: give \.yaml, \.csv or \.xlsx$/, '无法识别以 $1 结尾的文件，请提供 .yaml、.csv 或 .xlsx'],
  [/^the file is text in neither UTF-8 nor GB18030: save it as CSV UTF-8, or as \.xlsx$/, '文件编码既不是 UTF-8 也不是 GB18030：请另存为 CSV UTF-8 或 .xlsx'],
  [/^the quotes or separators are broken \((.+)\): save the file as CSV again$/, '引号或分隔符有误（$1）：请重新另存为 CSV'],
  [/^the workbook unpacks to far more than a catalogue can need: split it$/, '工作簿解压后过大，请拆分'],
  [/^the file is no workbook that can be read: save it again as \.xlsx$/, '工作簿无法读取：请重新另存为 .xlsx'],
  [/^the sheet (.+) is damaged and cannot be read any further: save it again as \.xlsx$/, '工作表 $1 已损坏，从此处起无法读取：请重新另存为 .xlsx'],
  [/^the sheet is empty: its first row must name the columns$/, '工作表为空：第一行应为列名'],
  [/^the column (.+) is not known: take the column out, or correct its name$/, '未知的列 $1：请删除该列，或更正列名'],
  [/^the column (.+) is there twice: take one out$/, '列 $1 重复，请删除一列'],
  [/^the row has (\d+) cells where the first row names (\d+) columns: look for a stray separator$/, '本行有 $1 个单元格，而第一行有 $2 列：请检查多余的分隔符'],
  [/^the key (.+) is not a word$/, '键 $1 不是单词'],
  [/^the key (.+) is there twice: take one out$/, '键 $1 重复，请删除一个'],
  [/^the key (.+) is not known: take it out, or correct it$/, '未知的键 $1：请删除或更正'],
  [/^the file is not YAML here \((.+)\): correct the line$/, '此处不是有效的 YAML（$1）：请更正该行'],
  [/^the file is not YAML: (.+)$/, '文件不是有效的 YAML：$1'],
  [/^the file must hold lists by name: (.+)$/, '文件应由以下名称的列表组成：$1'],
  [/^(.+) is not known: write (.+)$/, '未知的名称 $1，可用：$2'],
  [/^(.+) must be a list of entries$/, '$1 应为条目列表'],
  [/^write username, and password or secret_from, nothing else$/, '只填写 username，以及 password 或 secret_from'],
  [/^write for each stream its kind \(main or sub\), its path and, if need be, its transport$/, '每路码流请填写 kind（main 或 sub）、path，需要时填写 transport'],
  [/^the stream (\S+) is there twice$/, '码流 $1 重复'],
  [/^operators need passwords and are not loaded from a file: use gateway create-user$/, '账号需要密码，不能由文件导入：请用 gateway create-user'],
  [
    /^(\S+) are not loaded from an uploaded file: whoever runs the machine loads them there, with gateway load$/,
    '$1 不能由上传的文件导入：请由管理服务器的人在服务器上用 gateway load 导入',
  ],
]

/** A problem in the language in use. */
export function problemFor(said: string): string {
  return i18n.global.locale.value === 'en' ? said : inChinese(said, [...CELLS, ...ROWS, ...FILES, ...CAMERAS])
}
