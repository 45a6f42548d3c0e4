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
      request_to_decide: '有一份调用申请待审批，涉及 {cameras} 路摄像机，请在 {until} 前办理。',
      request_approved: '申请已同意，可调用 {cameras} 路摄像机。',
      request_narrowed: '申请已部分同意，可调用 {cameras} 路摄像机。',
      request_refused: '申请未获同意（{cameras} 路摄像机）。',
      request_withdrawn: '一份调用申请已被撤回。',
      request_no_answer: '申请到期，没有答复。',
      access_started: '调用时段已开始，共 {cameras} 路摄像机。',
      access_ending: '{cameras} 路摄像机的调用授权将于 {until} 到期。',
      access_ended: '{cameras} 路摄像机的调用授权已到期。',
      access_revoked: '一路摄像机的授权已被收回，还可调用 {left} 路。',
      access_returned: '对方已提前归还调用授权。',
      deputy_named: '您已被指定代理审批，至 {until}。',
      camera_offline: '摄像机已离线 {minutes} 分钟。',
    },
  },
}
