export const notices = {
  notices: {
    title: '通知',
    bell: '通知，{count} 条未读',
    bellQuiet: '通知，没有未读',
    empty: '没有通知',
    all: '全部通知',
    allSeen: '全部标为已读',
    onlyUnseen: '只看未读',
    unseen: '未读',
    /** 每种通知一句话。 */
    kinds: {
      camera_offline: '摄像机已离线 {minutes} 分钟。',
    },
  },
}
