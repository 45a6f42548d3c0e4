/** What devices, workers and the gateway say of a camera, in one English sentence each, as the reader reads it. */

import { i18n, wordFor } from './index'
import { inChinese, type Patterns } from './spoken'

const CHINESE: Record<string, string> = {
  'the device does not take the user name and password': '设备不接受该用户名和密码',
  'the device does not take the user name and password; it is asked again every few minutes': '设备不接受该用户名和密码，每几分钟重试一次',
  'several passwords of this user were refused: the device is left alone for some minutes, or it locks them':
    '该用户的密码多次被拒，几分钟内不再访问设备，以免账号被锁',
  'the device does not let this user see this stream (403)': '设备不允许该用户查看此码流（403）',
  'the device wants a newer digest than MD5 for RTSP, such as SHA-256, which cannot be answered yet: choose MD5 there':
    '设备的 RTSP 要求比 MD5 更新的摘要算法（如 SHA-256），目前无法应答，请在设备上改用 MD5',
  'the device takes no further session': '设备的连接数已满',
  'the device is overloaded or faulty (its answer is 5xx)': '设备过载或有故障（5xx）',
  'the device does not understand the request (400)': '设备不识别请求（400）',
  'the device knows no stream at that path (404)': '设备上没有此路径的码流（404）',
  'the device does not allow a request that every player makes (405)': '设备不允许播放所需的请求（405）',
  'the device cannot describe this stream in a way that can be taken (406)': '设备给出的码流描述无法使用（406）',
  'the device says that this stream is gone for good (410)': '设备称此码流已不存在（410）',
  'the device cannot describe this stream in a way that can be taken (415)': '设备给出的码流描述无法使用（415）',
  'the device does not understand a parameter of the request (451)': '设备不识别请求的参数（451）',
  'the device has lost the session that it gave (454)': '设备丢失了会话（454）',
  'the device does not allow this in its present state (455)': '设备当前状态不允许播放（455）',
  'the device cannot play from now on (457)': '设备无法从当前时刻播放（457）',
  'the device wants its tracks to be asked for one by one (459)': '设备要求逐条请求媒体轨（459）',
  'the device wants its tracks to be asked for together (460)': '设备要求一并请求媒体轨（460）',
  'the device offers no transport that can be taken (461): try UDP or TCP instead': '设备不支持当前传输方式（461），请改用 UDP 或 TCP',
  'the device cannot reach this gateway to send pictures (462)': '设备无法向本网关发送画面（462）',
  "nothing listens at the device's address and port": '设备的地址和端口上没有服务',
  'there is no route to the device': '网络不通，无法到达设备',
  'the device hung up': '设备断开了连接',
  'the device hung up before it sent anything': '设备未发送画面就断开了连接',
  'the device takes the connection but sends no usable stream': '设备接受连接，但没有可用的码流',
  'the device takes the connection but sends no picture': '设备接受连接，但没有发送画面',
  'the device keeps the connection open but sends no pictures': '设备保持连接，但没有发送画面',
  'the device does not answer': '设备没有应答',
  "the device's host name is not known": '设备的主机名无法解析',
  'the device cannot be reached': '无法连接设备',
  'the device ended the stream': '设备结束了码流',
  'the worker failed to read the stream': '工作进程读取码流失败',
  'its worker does not answer': '负责该点位的工作进程没有应答',
  'the device sends video, but no keyframe with its parameter sets: no picture can be made of it': '设备发送了视频，但缺少关键帧或参数集，无法成像',
  'the camera has not sent a picture yet': '摄像机尚未发送画面',
  'the camera has no address for this stream': '点位没有此码流的地址',
  "the camera's picture cannot be decoded": '画面无法解码',
  'the device offers no video profile that can be taken': '设备没有可用的视频配置',
  'the device names a stream that is not RTSP': '设备给出的码流不是 RTSP',
  'the device does not answer ONVIF calls in time': '设备没有及时应答 ONVIF 请求',
  'the device refuses an ONVIF call it should know': '设备拒绝了应支持的 ONVIF 请求',
  "the device's ONVIF service cannot be reached": '无法连接设备的 ONVIF 服务',
  'the camera has left this worker': '点位已换由其他工作进程负责',
  'there was no picture to cut a clip from': '没有可截取的画面',
  'too many clips were being recorded': '同时录制的片段过多',
  'disk full': '磁盘已满',
  'the stream is H.265, which WebRTC here cannot carry: choose the other stream, or play it over WebSocket':
    '此码流为 H.265，无法经 WebRTC 播放：请改看另一路码流，或改用低延时流（WebSocket）',
  'the stream has B-pictures, which WebRTC cannot carry: choose the other stream, or play it over WebSocket':
    '此码流含 B 帧，无法经 WebRTC 播放：请改看另一路码流，或改用低延时流（WebSocket）',
  'the offer has no H.264 video to receive': '此浏览器不支持经 WebRTC 接收 H.264',
}

const PATTERNS: Patterns = [
  [/^the device has sent nothing for (\d+) s$/, '设备已 $1 秒没有发送数据'],
  [/^the device sends (.+); only H\.264 and H\.265 can be taken$/, '设备发送的是 $1，只能接入 H.264 和 H.265'],
  [/^the device refuses the request \((.+)\)$/, '设备拒绝了请求（$1）'],
  [/^the recorder has (\d+) video channels, and no channel (\d+)$/, '录像机有 $1 个视频通道，没有第 $2 通道'],
  [/^the recorder's channel (\d+) has no camera that sends video$/, '录像机第 $1 通道没有摄像机画面'],
  [/^the device has not told all its channels within (\d+) s$/, '设备未在 $1 秒内报全通道'],
  [/^the device's ONVIF answer cannot be understood \((.+)\)$/, '设备的 ONVIF 应答无法识别（$1）'],
  [/^the clip could not be written \((.+)\)$/, '片段无法写入（$1）'],
  [/^it could not be written: (.+)$/, '无法写入：$1'],
]

/** A reason in the language in use; one that is not known here stays as it was said. */
export function reasonFor(said: string): string {
  const english = i18n.global.locale.value === 'en'
  const [first, second] = said.split(' / ', 2)
  if (second !== undefined && /[\u4e00-\u9fff]/.test(first ?? '')) return english ? second : (first ?? said)
  const faults = said.split(', ').map((one) => wordFor('observation', one))
  if (said !== '' && faults.every((word, index) => word !== said.split(', ')[index])) return faults.join(english ? ', ' : '、')
  if (english) return said
  return CHINESE[said] ?? inChinese(said, PATTERNS)
}
