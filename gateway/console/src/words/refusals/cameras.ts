/** Why something about cameras, recorders, their documents, signs and filings was refused, in one English sentence each, as the reader reads it. */

import type { Patterns } from '../spoken'

export const CAMERAS: Patterns = [
  [/^a recorder is added with at least one channel, and each of them once$/, '添加录像机时至少选择一个通道，每个通道只能出现一次'],
  [/^a recorder with this identity cannot be added$/, '不能以此编号添加录像机'],
  [/^a channel needs the path of at least one stream$/, '每个通道至少填写一条码流路径'],
  [/^this camera's address is its recorder's$/, '该点位使用录像机的地址，不能单独更改'],
  [/^the paths of a recorder's channel are changed by who manages the whole recorder$/, '录像机通道的码流路径只能由管理整台录像机的人更改'],
  [/^only who manages every channel of this recorder gives it another owner$/, '只有管理该录像机全部通道的人才能变更其所属单位'],

  [/^between 1 and (\d+) cameras are changed at once$/, '一次可修改 1 至 $1 个点位'],
  [/^at most (\d+) cameras are changed at once: narrow the filter$/, '一次最多修改 $1 个点位，请缩小筛选范围'],
  [/^say what is to be changed$/, '请选择要修改的内容'],
  [/^this site is not known$/, '未找到该站点'],
  [/^this township is not known$/, '未找到该镇街'],
  [/^a decommissioned camera is not changed any more$/, '已停用的点位不能再修改'],
  [/^your grants do not let you manage such a camera$/, '您的授权不包括管理这样的点位'],
  [/^you may not share this camera with all who hold grants on the group$/, '您无权将该点位共享给此分组的全部被授权方'],

  [/^cameras are sorted by name, id or state$/, '点位只能按名称、编号或状态排序'],
  [/^your grants do not include manage on this camera$/, '您的授权不包括管理该点位'],
  [/^your grants do not include list on this camera$/, '您的授权不包括查看该点位的档案'],
  [/^your grants do not include (\S+) on this camera$/, '您对该点位的授权不包括 $1'],
  [/^who looked at a camera is shown to those who manage or share it$/, '点位的调阅记录只对可管理或共享该点位的人显示'],
  [/^a catalogue is loaded by who manages all of it$/, '只有管理全部点位的人才能导入点位目录'],

  [/^the photo of a sign is a JPEG or PNG file$/, '提示标识照片应为 JPEG 或 PNG 文件'],
  [/^a document has at most (\d+) MiB$/, '文件不能超过 $1 MB'],
  [/^a document is a PDF, JPEG or PNG file$/, '文件应为 PDF、JPEG 或 PNG 格式'],
  [/^a camera's file has at most (\d+) documents$/, '一个点位的档案最多保存 $1 份文件'],
  [/^the document was not kept because the gateway's disk is full: tell the operator$/, '网关磁盘已满，文件未保存，请通知管理服务器的人'],
  [/^the photo was not kept because the gateway's disk is full: tell the operator$/, '网关磁盘已满，照片未保存，请通知管理服务器的人'],

  [/^an RTSP camera needs the path of at least one stream$/, 'RTSP 点位至少填写一条码流路径'],
  [/^an RTSP device cannot be asked what it offers: give the path of its main stream$/, 'RTSP 设备无法列出码流，请填写主码流路径'],
  [/^this id of GB\/T 28181 cannot be a camera's: its digits is wrong$/, '此国标编码不能用于点位：只能是数字'],
  [/^this id of GB\/T 28181 cannot be a camera's: its length is wrong$/, '此国标编码不能用于点位：必须是 20 位'],
  [/^this id of GB\/T 28181 cannot be a camera's: its centre is wrong$/, '此国标编码不能用于点位：前 8 位中心编码不是行政区划代码'],
  [
    /^this id of GB\/T 28181 cannot be a camera's: its type is wrong$/,
    '此国标编码不能用于点位：第 11 至 13 位类型编码应为 132 或 131（摄像机）',
  ],
  [/^this id of GB\/T 28181 cannot be a camera's: its (\S+) is wrong$/, '此国标编码不能用于点位：$1 有误'],
  [/^a camera has one main and one sub stream$/, '一个点位只能有一路主码流和一路子码流'],
  [/^devices are probed by who manages cameras$/, '只有管理点位的人才能探测设备'],
  [/^the path carries another user name or password than the fields for them$/, '路径中的用户名或密码与所填的不一致'],
  [/^a camera needs at least one known purpose$/, '请至少选择一项有效用途'],
  [/^a stream's path starts with \/$/, '码流路径应以 / 开头'],
  [/^a stream's path holds no blanks and no control characters$/, '码流路径不能含空格或控制字符'],
  [/^a stream's path never carries a password: put it into the field for it$/, '码流路径不能含密码，请将密码填在密码栏中'],
  [/^a camera with this identity cannot be added$/, '不能以此编号添加点位'],

  [/^no camera may look into a place of the type (\S+) \(Order 799, article 8\)$/, '不得在 $1 类场所内安装（《公共安全视频图像信息系统管理条例》第八条）'],
  [/^cameras that capture faces \(FunctionType 01\) are not taken in$/, '不接入人脸抓拍点位（FunctionType 01）'],
  [/^recordings of a camera of the class ordinary are kept at least (\d+) days, and (\d+) are fewer$/, '普通点位的录像至少保存 $1 天，$2 天不足'],
  [/^recordings of a camera of the class key are kept at least (\d+) days, and (\d+) are fewer$/, '重点目标点位的录像至少保存 $1 天，$2 天不足'],
  [
    /^a camera goes live only with its managing unit, regime, purposes, need and consent: owner_id is missing$/,
    '点位启用须有管理单位、法律依据、用途、必要性说明和同意文件：还缺管理单位',
  ],
  [
    /^a camera goes live only with its managing unit, regime, purposes, need and consent: regime is missing$/,
    '点位启用须有管理单位、法律依据、用途、必要性说明和同意文件：还缺法律依据',
  ],
  [
    /^a camera goes live only with its managing unit, regime, purposes, need and consent: purposes is missing$/,
    '点位启用须有管理单位、法律依据、用途、必要性说明和同意文件：还缺用途',
  ],
  [
    /^a camera goes live only with its managing unit, regime, purposes, need and consent: need_statement is missing$/,
    '点位启用须有管理单位、法律依据、用途、必要性说明和同意文件：还缺必要性说明',
  ],
  [
    /^a camera goes live only with its managing unit, regime, purposes, need and consent: consent is missing$/,
    '点位启用须有管理单位、法律依据、用途、必要性说明和同意文件：还缺同意文件',
  ],

  [/^give the number under which it was filed$/, '请填写备案编号'],
  [/^a filing cannot lie in the future$/, '备案日期不能晚于今天'],

  [/^say until when the works last, with its time zone$/, '请填写检修截止时间，并带时区'],
  [/^works end in the future, within a year$/, '检修截止时间应晚于现在，且在一年以内'],
  [/^a camera that is decommissioned cannot become \S+$/, '已停用的点位不能再变更状态'],
  [/^a camera that is draft cannot become draft$/, '该点位已是待启用状态'],
  [/^a camera that is live cannot become live$/, '该点位已是在用状态'],
  [/^a camera that is suspended cannot become suspended$/, '该点位已在检修中'],
  [/^a camera that is draft cannot become suspended$/, '待启用的点位不能转入检修'],
  [/^a camera that is live cannot become draft$/, '在用的点位不能改回待启用'],
  [/^a camera that is suspended cannot become draft$/, '检修中的点位不能改回待启用'],
  [/^a camera that is (\S+) cannot become (\S+)$/, '点位不能由 $1 变更为 $2'],
  [/^say why: works and the end of service need a reason$/, '请填写原因：检修和停用都须说明原因'],

  [/^the network is scanned by who manages cameras$/, '只有管理点位的人才能扫描网络'],
  [/^a range is written as 192\.168\.1\.0\/24 or as 192\.168\.1\.1-192\.168\.1\.60$/, '地址范围请写成 192.168.1.0/24 或 192.168.1.1-192.168.1.60'],
  [/^a range has at most (\d+) addresses: split it$/, '一个地址范围最多 $1 个地址，请拆分'],
  [/^(\S+) is outside the networks that may be scanned: none$/, '$1 不在允许扫描的网段内：尚未设置允许扫描的网段'],
  [/^(\S+) is outside the networks that may be scanned: (.+)$/, '$1 不在允许扫描的网段内，允许的网段：$2'],
  [/^this gateway does not probe devices$/, '本网关不提供设备探测'],
  [/^this gateway does not scan$/, '本网关不提供网络扫描'],

  [/^the photo is not among the photos of signs in this camera's file$/, '所选照片不在该点位档案的提示标识照片中'],
  [/^a sign cannot have been put up in the future$/, '标识设置日期不能晚于今天'],
  [/^a sign cannot have been checked in the future$/, '标识检查日期不能晚于今天'],
  [/^a sign is not checked before it was put up$/, '标识检查日期不能早于设置日期'],
  [/^say where the sign hangs$/, '请填写标识位置'],
  [/^a sign that is up needs a photo$/, '标识完好时必须有照片'],

  [
    /^a deny rests on this camera as it is filed: only who may share every camera may change that$/,
    '该点位现有档案上有一条禁止授权：只有可共享全部点位的人才能更改',
  ],
  [
    /^a deny rests on the device at this address: only who may share every camera may add it or point to it$/,
    '该地址的设备上有一条禁止授权：只有可共享全部点位的人才能添加或指向它',
  ],

  [/^(.+): a decommissioned camera is not changed any more$/, '$1：已停用的点位不能再修改'],
  [/^(.+): your grants do not let you manage such a camera$/, '$1：您的授权不包括管理这样的点位'],
  [/^(.+): this camera is lent to you: its owner, maintainer and township are not yours to change$/, '$1：该点位是借给您的，其所属单位、维护单位和镇街不能由您更改'],
  [
    /^(.+): a deny rests on this camera as it is filed: only who may share every camera may change that$/,
    '$1：该点位现有档案上有一条禁止授权，只有可共享全部点位的人才能更改',
  ],
  [/^(.+): you may not share this camera with all who hold grants on the group$/, '$1：您无权将该点位共享给此分组的全部被授权方'],
  [
    /^(.+): recordings of a camera of the class \S+ are kept at least (\d+) days, and (\d+) are fewer$/,
    '$1：录像至少保存 $2 天，$3 天不足',
  ],
  [
    /^(.+): a camera goes live only with its managing unit, regime, purposes, need and consent: \S+ is missing$/,
    '$1：点位启用须有管理单位、法律依据、用途、必要性说明和同意文件，请补齐',
  ],
  [/^([^a-z]+): (.+)$/, '$1：$2'],
  [
    /^a camera goes live only with its managing unit, regime, purposes, need and consent: (\S+) is missing$/,
    '点位启用须有管理单位、法律依据、用途、必要性说明和同意文件：还缺 $1',
  ],
]
