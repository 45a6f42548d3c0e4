import './styles/element'
import './styles/theme.css'
import './styles/forms.css'
import './styles/access.css'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'
import { i18n, setLanguage, type Language } from './words'

setLanguage(i18n.global.locale.value as Language)
createApp(App).use(i18n).use(router).mount('#app')
