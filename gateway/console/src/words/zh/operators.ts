export const operators = {
  operators: {
    title: '账号',
    login: '账号',
    name: '姓名',
    roles: '角色',
    add: '新建账号',
    addTitle: '新建账号',
    password: '初始密码',
    disable: '停用',
    enable: '启用',
    disabled: '已停用',
    enabled: '正常',
    added: '账号已建立。',
    changed: '已更新。',
    disableWarn: '停用后，该账号的登录和画面会立即结束。',
    empty: '没有账号',
  },
}
